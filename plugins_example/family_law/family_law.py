"""A family-law firm's own: the other party of a matter, and a check for conflicts of interest."""

from crmkit.api import Extension, Facet, Guard, Plugin, State, facet, flag, hookimpl, text

plugin = Plugin("family_law", version="1.0", requires=("leads",), summary="Conflicts of interest")


@facet("lead")
class Family(Facet):
    other_party: str = text("Other party", default="", search=True, section="Family law")
    no_conflict: bool = flag("No conflict", section="Family law")


def conflict_is_checked(lead, ctx):
    if not lead[Family].no_conflict:
        return "Check for a conflict of interest first, and tick 'No conflict'."


@hookimpl
def crm_extensions():
    check = State("CONFLICT_CHECK", glyph="◕", after="CONTACTED", fallback="CONTACTED")
    guard = Guard(conflict_is_checked, target="QUALIFIED")
    yield Extension("lead", facet=Family, states=(check,), guards=(guard,))
