"""The look at everything the product stands on: what each check found and how to mend it. Nothing is changed."""
