/* The steps of a node that become due by another: the same for every engine. */
#pragma once
#include "python.h"

static PyObject *name_ready, *name_advance, *name_inside;

static int is_true(PyObject *given) { /* takes what it is given; -1 with an exception */
    int answer = given ? PyObject_IsTrue(given) : -1;
    Py_XDECREF(given);
    return answer;
}

/* Let a node take the releases and requests that are due: -1 with an exception. 1 if it came to be inside so often, and
 * may go on: one that need not ask the others may enter again and again. */
static int advance(PyObject *node, long long stays) {
    int more = is_true(PyObject_GetAttr(node, name_ready));
    while (more > 0) {
        more = is_true(PyObject_CallMethodNoArgs(node, name_advance));
        PyObject *inside = more > 0 ? PyObject_GetAttr(node, name_inside) : NULL;
        if (more > 0 && !inside) return -1;
        Py_XDECREF(inside); /* the node keeps it */
        if (more > 0 && inside != Py_None && --stays == 0) return 1;
    }
    return more;
}
