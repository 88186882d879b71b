"""The grammar of arms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimen.errors import RemedyError
from regimen.remedies import (
    L2,
    REMEDIES,
    BatchNorm,
    Combination,
    Dropout,
    EarlyStopping,
    Flip,
    Shift,
    named_arms,
    parse_arms,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flip", {"flip": Flip()}),
        ("dropout=0.3", {"dropout=0.3": Dropout(0.3)}),
        (" dropout = 0.3 , where = head ", {"dropout=0.3,where=head": Dropout(0.3, "head")}),
        ("dropout,rate=0.3", {"dropout,rate=0.3": Dropout(0.3)}),
        ("l2=1e-3,where=*_conv2/hidden", {"l2=1e-3,where=*_conv2/hidden": L2(1e-3, "*_conv2/hidden")}),
        ("earlystop=3,restore_best=no", {"earlystop=3,restore_best=no": EarlyStopping(3, restore_best=False)}),
        ("earlystop,restore_best=True", {"earlystop,restore_best=True": EarlyStopping()}),
        ("batchnorm,momentum=0.9,where=b*", {"batchnorm,momentum=0.9,where=b*": BatchNorm(0.9, where="b*")}),
        ("dropout=0.2+flip", {"dropout=0.2 + flip": Dropout(0.2) + Flip()}),
        ("flip + shift=0.1,fill=black + l2", {"flip + shift=0.1,fill=black + l2": Flip() + Shift(0.1, "black") + L2()}),
        ("mine: flip", {"mine": Flip()}),
        (" two words :flip+l2", {"two words": Flip() + L2()}),
        ("dropout=0.1|0.5", {"dropout=0.1": Dropout(0.1), "dropout=0.5": Dropout(0.5)}),
        (
            "dropout = 0.1 | .5,where=head",
            {
                "dropout=0.1,where=head": Dropout(0.1, "head"),
                "dropout=.5,where=head": Dropout(0.5, "head"),
            },
        ),
        ("d: dropout=0.1|0.50", {"d 0.1": Dropout(0.1), "d 0.50": Dropout(0.5)}),
        ("d: dropout=0|0.5 + l2=1e-3", {"d 0": Dropout(0) + L2(1e-3), "d 0.5": Dropout(0.5) + L2(1e-3)}),
        (
            "dropout=0.1|0.5+l2=1e-3|1e-2",
            {
                f"dropout={rate} + l2={factor}": Dropout(float(rate)) + L2(float(factor))
                for rate in ("0.1", "0.5")
                for factor in ("1e-3", "1e-2")
            },
        ),
        (
            "both: dropout=0.1|0.5+flip=0|1",
            {f"both {rate} {share}": Dropout(float(rate)) + Flip(share) for rate in ("0.1", "0.5") for share in (0, 1)},
        ),
        (
            "l2=0.00012345678|0.00012345679",
            {
                "l2=0.00012345678": L2(0.00012345678),
                "l2=0.00012345679": L2(0.00012345679),
            },
        ),
    ],
)
def test_arms(text, expected):
    arms = parse_arms(text)
    assert arms == expected
    assert list(arms) == list(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dropuot=0.2", "There is no remedy 'dropuot'. Did you mean 'dropout'"),
        ("zzz", f"There is no remedy 'zzz'. Known: {', '.join(sorted(REMEDIES))}"),
        ("Dropout", "There is no remedy 'Dropout'. Did you mean 'dropout'"),
        ("", "has an empty remedy. Write for example: dropout=0.2"),
        ("a: ", "has an empty remedy"),
        ("flip + ", "has an empty remedy"),
        ("+flip", "has an empty remedy"),
        ("flip ++ l2", "has an empty remedy"),
        (": flip", "has an empty name before the colon"),
        ("dropout=0.2,where=a:b", "has a colon after 'dropout=0.2,where=a'.*write ? in its place"),
        ("a: dropout=0.2,where=a:b", "where must be a role or a pattern on layer names"),
        ("dropout=", "dropout: rate has no value after the equals sign"),
        ("dropout=0.1|", "dropout: rate has no value after the equals sign"),
        ("dropout,where=", "dropout: where has no value after the equals sign"),
        ("dropout,", "dropout: expected key=value, received ''"),
        ("dropout,head", "dropout: expected key=value, received 'head' in 'dropout,head'"),
        ("dropout,wher=head", "dropout has no parameter 'wher'. Did you mean 'where'"),
        ("dropout,color=red", "dropout has no parameter 'color'. Known: rate, where"),
        ("dropout=0.2,rate=0.3", "dropout: rate is given twice in 'dropout=0.2,rate=0.3'"),
        ("l2,where=a,where=b", "l2: where is given twice"),
        ("dropout=0.2,where=a|b", "where must be a role or a pattern.*alternatives are separated by /"),
        ("batchnorm=0.9", "batchnorm takes no value; it has the parameters momentum, epsilon, where"),
        ("dropout=much", "dropout: rate must be a number; received 'much'"),
        ("dropout=0.2=0.3", "dropout: rate must be a number; received '0.2=0.3'"),
        ("dropout=1.5", "dropout: rate must be a number, at least 0 and below 1; received 1.5"),
        ("dropout=1", "dropout: rate must be a number, at least 0 and below 1; received 1.0"),
        ("dropout=nan", "dropout: rate must be a number, at least 0 and below 1; received nan"),
        ("l2=-1", "l2: factor must be a number, at least 0; received -1.0"),
        ("l2=inf", "l2: factor must be a number, at least 0; received inf"),
        ("earlystop=0", "earlystop: patience must be a whole number of epochs, at least 1; received 0"),
        ("earlystop=2.5", "earlystop: patience must be a whole number; received '2.5'"),
        ("earlystop,restore_best=maybe", "earlystop: restore_best must be true or false; received 'maybe'"),
        ("flip,direction=up", "flip: direction must be horizontal or vertical; received 'up'"),
        ("dropout=0.1|0.1", "dropout: the values 0.1, 0.1 are the same"),
        ("l2=0.001|1e-2|1e-3", "l2: the values 0.001, 1e-3 are the same"),
    ],
)
def test_errors(text, message):
    with pytest.raises(RemedyError, match=message.replace("?", r"\?")):
        parse_arms(text)


def test_a_name_that_stands_apart_may_hold_anything():
    assert named_arms("p=0.3: a + b", "flip + dropout=0.3") == {"p=0.3: a + b": Flip() + Dropout(0.3)}
    assert named_arms(" d", "dropout=0.1|0.5") == {" d 0.1": Dropout(0.1), " d 0.5": Dropout(0.5)}
    with pytest.raises(RemedyError, match="The arm 'a: ' has an empty remedy"):
        named_arms("a", "")


def share(high=1.0, **limits):
    return st.floats(0, high, **limits)


places = st.text("abcxyz_0189*?/[]!", min_size=1, max_size=12)
remedies = st.one_of(
    st.builds(Dropout, share(exclude_max=True), places),
    st.builds(L2, st.floats(0, allow_infinity=False), places),
    st.builds(BatchNorm, share(exclude_max=True), share(exclude_min=True), places),
    st.builds(Flip, share(), st.sampled_from(["horizontal", "vertical"])),
    st.builds(Shift, share(0.5), st.sampled_from(["edge", "reflect", "black"])),
    st.builds(EarlyStopping, st.integers(1, 10**9), st.floats(0, allow_infinity=False), st.booleans()),
)


@given(st.lists(remedies, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_what_a_remedy_prints_reads_back(parts):
    remedy = parts[0] if len(parts) == 1 else Combination(tuple(parts))
    assert list(parse_arms(str(remedy)).values()) == [remedy]
    assert parse_arms(f"name: {remedy}") == {"name": remedy}
