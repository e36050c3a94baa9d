"""Steps that tests of the dataset editor share."""

from pages.widgets import keys


def draft(app):
    return app.session_state[keys.DATASET_DRAFTS][app.session_state[keys.DATASET_OPEN]]


def dataset(app):
    return draft(app).dataset


def texts(app):
    kinds = (app.caption, app.markdown, app.html, app.error, app.warning)
    return " ".join(str(item.value) for kind in kinds for item in kind)


def press(app, key):
    return app.button(key=key).click().run()


def at(app, tab):
    app.session_state[keys.DATASET_TABS] = tab
    app.run()
    assert not app.exception
    return app
