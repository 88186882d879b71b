"""The text in files, whatever it was saved as: encodings, web pages, terminal codes."""

import codecs
import html
import re

from regimen.errors import HistoryError

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SAMPLE = 4096
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:br|p|div|pre|li|tr|td|h[1-6])\b[^<>]*>", re.IGNORECASE)
_INLINE = re.compile(r"</?(?:a|b|i|em|span|code|font|strong|samp|tt|html|head|body|table)\b[^<>]*>", re.IGNORECASE)
# The last two are what is left of terminal codes when the escape character itself was lost or spelled out.
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\n]*\x07|\\(?:u001b|x1b|033)\[[0-9;]*m|\[[0-9]{1,2}m")
_BACKSPACES = re.compile("\b+")


def decode(data: bytes, name: str) -> str:
    """The text in a file's bytes.

    Args:
        data: UTF-8, UTF-16 with its mark (what ``>`` writes in PowerShell), or another encoding that holds ASCII, whose
            other characters are then lost.
        name: of the file, for the error.

    Raises:
        HistoryError: it is empty, or no text.
    """
    if not data.strip():
        raise HistoryError(f"{name} is empty. Expected the learning curves of a training.")
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data[:_SAMPLE]:
        raise HistoryError(
            f"{name} is no text (it begins with {data[:8]!r}). Expected learning curves: the JSON or CSV of a Keras "
            "History, a notebook, or text with Keras' progress output."
        )
    return data.decode("utf-8", errors="replace")


def plain(text: str) -> str:
    """Text as it was printed: without markup, terminal codes and HTML entities.

    Backspaces become carriage returns, since Keras goes back to the beginning of a line and nowhere else.
    """
    if "<" in text:
        # A carriage return ends a state of a line and leaves the lines their numbers.
        text = _SCRIPT.sub(lambda found: "\n" * found[0].count("\n"), text)
        text = _INLINE.sub("", _BLOCK.sub("\r", text))
    if "&" in text:
        text = html.unescape(text)
    return _BACKSPACES.sub("\r", _TERMINAL.sub("", text))
