"""All remedies, by the word that names them on the command line."""

from regimen.remedies.batchnorm import BatchNorm
from regimen.remedies.dropout import Dropout
from regimen.remedies.earlystop import EarlyStopping
from regimen.remedies.flip import Flip
from regimen.remedies.l2 import L2
from regimen.remedies.remedy import Remedy
from regimen.remedies.shift import Shift

REMEDIES: dict[str, type[Remedy]] = {
    remedy.word: remedy for remedy in (BatchNorm, Dropout, EarlyStopping, Flip, L2, Shift)
}
