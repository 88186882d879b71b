"""Where images come from: named datasets, folders, archives, arrays; and how they are split."""

from regimen.data.dataset import Dataset, Part, open_mapped
from regimen.data.load import load
from regimen.data.split import Split, other_split, split

__all__ = ["Dataset", "Part", "Split", "load", "open_mapped", "other_split", "split"]
