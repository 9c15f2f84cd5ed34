/* Column: the integers of a history. */
#pragma once
#include <stdint.h>

#include "../../core/c/python.h"

typedef struct {
    PyObject_HEAD
    int64_t *data;
    Py_ssize_t count, capacity;
} Column;

static int append_number(PyObject *list, int64_t value) {
    Column *self = (Column *)list;
    if (self->count == self->capacity) {
        Py_ssize_t capacity = 2 * self->capacity + 64;
        int64_t *data = PyMem_Realloc(self->data, capacity * sizeof(int64_t));
        if (!data) {
            PyErr_NoMemory();
            return -1;
        }
        self->data = data;
        self->capacity = capacity;
    }
    self->data[self->count++] = value;
    return 0;
}

static void Column_dealloc(Column *self) {
    PyMem_Free(self->data);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *Column_append(PyObject *self, PyObject *number) {
    long long value = PyLong_AsLongLong(number);
    if ((value == -1 && PyErr_Occurred()) || append_number(self, value) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Column_clear(Column *self, PyObject *none) {
    PyMem_Free(self->data); /* a seat's history is folded once, at the end: then this is the greater part of it */
    self->data = NULL;
    self->count = self->capacity = 0;
    Py_RETURN_NONE;
}

static PyObject *Column_tobytes(Column *self, PyObject *none) {
    return PyBytes_FromStringAndSize((char *)self->data, self->count * sizeof(int64_t));
}

static Py_ssize_t Column_length(Column *self) { return self->count; }

static PyMethodDef Column_methods[] = {
    {"append", (PyCFunction)Column_append, METH_O, NULL},
    {"clear", (PyCFunction)Column_clear, METH_NOARGS, NULL},
    {"tobytes", (PyCFunction)Column_tobytes, METH_NOARGS, NULL},
    {NULL},
};
static PySequenceMethods Column_sequence = {.sq_length = (lenfunc)Column_length};
static PyTypeObject ColumnType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.sim._lane.Column",
    .tp_basicsize = sizeof(Column),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = (destructor)Column_dealloc,
    .tp_methods = Column_methods,
    .tp_as_sequence = &Column_sequence,
};
