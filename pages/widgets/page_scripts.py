"""The scripts that screens run in the page: fixed texts, so that the content security policy can name each by its hash.

What one has to know stands in an attribute beside it, never in its text.
"""

#: Swaps the ticket of a sign-in for the cookie that scripts cannot read.
ENTER = """
(() => {
  const place = document.getElementById("bs-entering");
  fetch("/auth/enter", {method: "POST", credentials: "same-origin",
    headers: {"Content-Type": "application/json"}, body: JSON.stringify({ticket: place.dataset.ticket})})
    .then(answer => { if (!answer.ok) throw new Error(answer.status); window.location.reload(); })
    .catch(() => { place.textContent =
      "The sign-in could not be finished. Open Broadsheet under its own address, then try again."; });
})();
"""
#: Clears the cookie; other tabs of the browser are told, so that what they show goes at once.
LEAVE = """
(() => {
  const next = document.getElementById("bs-leaving").dataset.next;
  fetch("/auth/leave", {method: "POST", credentials: "same-origin"}).finally(() => {
    new BroadcastChannel("broadsheet").postMessage("left");
    window.location.replace(next);
  });
})();
"""
#: Asks now and then, and when the page comes to the front, whether its session still stands.
WATCH = """
if (!window.bsWatching) {
  window.bsWatching = true;
  const look = () => { if (document.visibilityState === "visible")
    fetch("/auth/here", {credentials: "same-origin", cache: "no-store"})
      .then(answer => { if (answer.status === 401) window.location.reload(); }).catch(() => {}); };
  setInterval(look, 10000);
  document.addEventListener("visibilitychange", look);
  window.bsChannel = new BroadcastChannel("broadsheet");
  window.bsChannel.onmessage = () => setTimeout(look, 300);
}
"""
#: All of them, for whoever writes the policy.
SCRIPTS = (ENTER, LEAVE, WATCH)
