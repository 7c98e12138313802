"""Help that belongs to no single command: `crmkit help TOPIC`."""

from __future__ import annotations

FILTERS = """\
Filters find records, in lists and boards:

  status:QUALIFIED              a field has a value (choices by code or label)
  status:CONTACTED,QUALIFIED    or one of several
  value>=5000  next_call<=today  = != < <= > >= compare
  company:acme                  text contains it; company=Acme is it exactly
  owner:me  account:"Acme Ltd"  references by number, name, or me
  next_call:none  phone:any     a field is empty, or is filled in
  is:open is:won is:lost        by the workflow
  is:overdue is:mine is:unassigned
  "free words"                  words anywhere in the record
  -source:Event                 not
  (a:1 or b:2) c:3              or, and parentheses; terms side by side all hold

Quote a filter for your shell:  crmkit lead list 'owner:me next_call<=today'
"""

VALUES = """\
Values are written FIELD=VALUE, and FIELD= clears a field:

  dates and times   tomorrow 15:00, fri, +3d, -2w, next monday, 2026-12-01
  money             1234.50 (the firm's currency), 1234.50 EUR
  yes or no         yes, no
  choices           the code or the label
  references        the number or the name: account=12, account="Acme Ltd", owner=me
  about several     lead:42, deal:"Big Deal"
  repeating         a | b, or the field given again; label and first one:
                    phone="+49 30 1234 (work) | +49 170 1234 (mobile)"
  addresses         "street; city; region; postcode; country"

Quote values with spaces for your shell:  crmkit lead set 42 "next_call=tomorrow 15:00"
"""

FORMATS = """\
Output goes to standard output, messages to standard error.

  table   for people; on a terminal cut to its width
  json    a list of objects: id, version and every field that you may read. Money is
          {"amount": "12.50", "currency": "EUR"}, times are UTC (ISO 8601, with a Z),
          references {"entity": "account", "id": 3, "title": "Acme Ltd"}, repeating
          fields lists of {"value", "label", "primary"}; what is empty is null or ""
  csv     a header of field names, then values as text that `add` and `import` read back:
          references as numbers, choices as codes, times in UTC, money with its currency
  tsv     the same between tabs
  ids     one number a line, for: crmkit lead list is:lost --format ids | xargs ...

Tables list 100 records on a terminal unless --limit says otherwise; the others list all.
"""

EXIT_CODES = """\
  0  done
  1  a fault of the program, a plugin or the database (CRMKIT_DEBUG=1 shows where)
  2  the command was not understood
  3  no such record, or none that you may see
  4  somebody else saved the record first
  5  policy says no; the missing grant is named
  6  values, a workflow or a guard refused
  7  the session was ended (crmkit kick, or its key was revoked)
130  interrupted
"""

COMPLETION = """\
Tab completes commands, options and field names once your shell has been told:

  bash   eval "$(_CRMKIT_COMPLETE=bash_source crmkit)"     in ~/.bashrc
  zsh    eval "$(_CRMKIT_COMPLETE=zsh_source crmkit)"      in ~/.zshrc
  fish   _CRMKIT_COMPLETE=fish_source crmkit | source      in ~/.config/fish/config.fish
"""

PERSONAL_DATA = """\
A person may ask what is kept of him, and that it be erased:

  crmkit client personal 12                what is kept, and what was before
  crmkit client personal 12 --format json > client-12.json
  crmkit client erase 12                   asks, and erases it for good

Both cover the record, those merged into it, and those about it: actions, consultations,
complaints, surveys, notices, leads and deals of a client. Fields count that are declared personal.
Erased are they in the journal too; it is still verified (crmkit audit verify). The record
stays, with its states, dates and amounts, so that figures stay right.

personal asks for the grant ENTITY.export, erase for ENTITY.erase. Not reached are backups
(*.bak.db), files that were exported, and what somebody has typed and not yet saved.
"""

TOPICS: dict[str, tuple[str, str]] = {
    "filters": ("How to find records.", FILTERS),
    "values": ("How to write dates, money, references and the rest.", VALUES),
    "formats": ("What comes out, for people and for programs.", FORMATS),
    "exit-codes": ("What a script can tell from the exit code.", EXIT_CODES),
    "personal-data": ("What is kept of a person: telling and erasing it.", PERSONAL_DATA),
    "completion": ("Completing commands with Tab.", COMPLETION),
}
