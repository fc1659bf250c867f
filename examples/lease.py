"""A lease with a timeout: a server lends a lock for a while, so that a dead client does no harm.

The bug is well known.  A slow client does not see that its lease has expired, and writes over what
the next holder wrote.  From the start "fenced" the storage remembers the newest lease that it has
seen, and refuses an older one.

    kit explore --machine examples/lease.py
"""

CLIENTS = ("anna", "bert")
LEASES = 3  # enough to see the bug; without a bound there would be states without end
NOBODY = {"holder": "", "given": 0, "anna": 0, "bert": 0, "seen": 0}


class Machine:
    """Two clients, a server, a storage.

    A state: which client holds the lock by the server's book, how many leases it has given, which
    lease each client believes to have (0: none), and the newest that the storage has seen.
    """

    def describe(self):
        actions = [{"name": "lease expires", "from": "server"}]
        for one in CLIENTS:
            actions.append({"name": f"{one} asks", "from": one, "to": "server", "begins": True})
            actions.append({"name": f"{one} writes", "from": one, "to": "storage"})
        in_order = "After a write under a newer lease there is none under an older one."
        lent_again = "A lock whose lease has expired is lent again."
        return {
            "version": 1,
            "name": "lease",
            "title": "a lock that is lent for a while",
            "participants": ["anna", "server", "bert", "storage"],
            "starts": {
                "trusting": {"state": {**NOBODY, "fenced": False}},
                "fenced": {"state": {**NOBODY, "fenced": True}},
            },
            "actions": actions,
            "properties": [
                {"name": "in-order", "kind": "always", "says": in_order},
                {"name": "lent-again", "kind": "sometimes", "says": lent_again},
            ],
            "scenarios": {
                "in time": ["anna asks", "anna writes", "lease expires", "bert asks"],
                "slow": ["anna asks", "lease expires", "bert asks", "bert writes", "anna writes"],
            },
        }

    def step(self, state, action):
        """Return what the action brings; None where it cannot happen."""
        who, _, does = action.partition(" ")
        if does == "asks" and not state["holder"] and state["given"] < LEASES:
            lease = state["given"] + 1
            judged = {"lent-again": lease > 1}
            return answer(state, f"lease {lease}", judged, holder=who, given=lease, **{who: lease})
        if does == "expires" and state["holder"]:
            return answer(state, holder="")
        if does == "writes" and state[who]:
            if state["fenced"] and state[who] < state["seen"]:
                return answer(state, {"says": "too old", "tone": "bad"}, **{who: 0})
            judged = {"in-order": state[who] >= state["seen"]}
            return answer(state, "written", judged, seen=state[who], **{who: 0})
        return None


def answer(state, says=None, judged=None, **changes):
    """Return the state after some changes, with what each participant shows of it."""
    state = {**state, **changes}
    shows = {one: f"has lease {state[one]}" for one in CLIENTS if state[one]}
    if state["holder"]:
        shows["server"] = f"lent to {state['holder']}"
    found = {"state": state, "judged": judged or {}, "shows": shows}
    return found if says is None else {**found, "answer": says}
