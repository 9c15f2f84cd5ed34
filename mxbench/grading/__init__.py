"""Grading: a course's submissions, each judged without trusting it.

Theory of operation:

* Three processes. The *judge* (grade.py, the command) reads the rubric and starts, for each submission, an *examiner*
  (examiner.py); that carries out searches and runs with mxbench's own code, and starts a *confined* process
  (confined.py), the only one that ever imports the submission.
* The examiner never believes a result of a submission, because it asks for none. Each node that it searches or
  simulates has a stand-in for the algorithm (stand_in.py), whose handlers ask the confined process one question:
  what does this handler do, in this state, with this message? The state goes with the question, and the new state and
  the effects come back as plain data. Fencing numbers, counts, virtual time and verdicts stay on the examiner's side.
  So a submission that patches mxbench, prints results or forges answers lies about its own behaviour and nothing else.
* What it says must be a function of what it is asked. Answers are drawn at random and asked again, in another order,
  of a fresh confined process with another hash seed (witness.py): who keeps knowledge outside the state is found out.
* The confined process is held by limits on memory, processor time, output and open files; on Linux also by Landlock
  and seccomp (kernel.py), so that it opens nothing but Python's own files, has no socket and starts no process. An
  audit hook (watch.py) names what was tried; where the kernel does not help it is the only fence, and the report says
  so. Whoever keeps the examiner waiting is killed.
* A mark does not depend on what else the machine does: states and steps are counted, and seconds are own time
  (own_time.py), in which nobody is charged for waiting until a processor is free.
"""
