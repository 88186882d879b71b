"""What people see of a study: the terminal, figures, the HTML report."""

from regimen.report.content import Content
from regimen.report.details import ArmCode, CodeLine, StudyDetails
from regimen.report.figures import learning_curves, save_png
from regimen.report.html import write_html
from regimen.report.progress import Display
from regimen.report.terminal import print_summary

__all__ = [
    "ArmCode",
    "CodeLine",
    "Content",
    "Display",
    "StudyDetails",
    "learning_curves",
    "print_summary",
    "save_png",
    "write_html",
]
