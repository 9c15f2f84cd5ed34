"""One handler of a submission at a time, as its confined process is asked for it."""

from pathlib import Path

import msgspec

from mxbench.core.algorithm import Parameters
from mxbench.grading.confined import Submission
from mxbench.grading.plain import pack
from mxbench.loading import load_file

LAMPORT = Path(__file__).parents[2] / "plugins" / "lamport.py"


def test_what_one_handler_recorded_is_not_in_the_answer_to_the_next_question() -> None:
    submission = Submission(load_file(str(LAMPORT)), "lamport.py")
    parameters = msgspec.msgpack.encode(Parameters(0, 1))
    _, begun, effects, entering, _ = submission.react("on_start", parameters, False, submission.initial(parameters), [])
    assert (effects, entering) == ([], False)
    _, asked, effects, entering, stamp = submission.react("on_request", parameters, True, begun, [0, pack({}, {})])
    assert [to for to, _ in effects] == [-1]
    assert (entering, stamp) == (True, (1, 0))
    _, _, effects, entering, stamp = submission.react("on_release", parameters, False, asked, [])
    assert [to for to, _ in effects] == [-1]
    assert (entering, stamp) == (False, None)
