/* The steps of a node that become due by another: the same for every engine. */
#pragma once
#include "python.h"

static PyObject *name_ready, *name_advance;

/* Let a node take the releases and requests that are due: -1 with an exception. */
static int advance(PyObject *node) {
    PyObject *ready = PyObject_GetAttr(node, name_ready);
    if (!ready) return -1;
    int more = PyObject_IsTrue(ready);
    Py_DECREF(ready);
    while (more > 0) {
        PyObject *went = PyObject_CallMethodNoArgs(node, name_advance);
        if (!went) return -1;
        more = PyObject_IsTrue(went);
        Py_DECREF(went);
    }
    return more;
}
