/* Told: what an algorithm is told before it starts, read of its parameters. */
#pragma once
#include "python.h"

typedef struct {
    PyObject_HEAD
    PyMemberDescrObject *holder, *field; /* the slot with the parameters, and the one in these */
    PyObject *doc;
} Told;

static int is_slot(PyObject *value) {
    return Py_IS_TYPE(value, &PyMemberDescr_Type) && ((PyMemberDescrObject *)value)->d_member->type == T_OBJECT_EX;
}

static PyObject *Told_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    PyObject *holder, *field, *doc;
    if (!PyArg_ParseTuple(arguments, "OOO", &holder, &field, &doc)) return NULL;
    if (!is_slot(holder) || !is_slot(field)) return PyErr_Format(PyExc_TypeError, "two slots of structs are wanted");
    Told *self = (Told *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->holder = (PyMemberDescrObject *)Py_NewRef(holder);
    self->field = (PyMemberDescrObject *)Py_NewRef(field);
    self->doc = Py_NewRef(doc);
    return (PyObject *)self;
}

static void Told_dealloc(Told *self) {
    Py_XDECREF(self->holder);
    Py_XDECREF(self->field);
    Py_XDECREF(self->doc);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Return what is in a slot of an object, borrowed; NULL with an exception. */
static PyObject *in_slot(PyObject *owner, PyMemberDescrObject *slot) {
    PyTypeObject *type = PyDescr_TYPE(slot);
    if (!PyObject_TypeCheck(owner, type))
        return PyErr_Format(PyExc_TypeError, "'%s' is no '%s'", Py_TYPE(owner)->tp_name, type->tp_name);
    PyObject *found = *(PyObject **)((char *)owner + slot->d_member->offset);
    if (!found) PyErr_SetObject(PyExc_AttributeError, PyDescr_NAME(slot));
    return found;
}

static PyObject *Told_get(Told *self, PyObject *owner, PyObject *type) {
    if (!owner) return Py_NewRef(self);
    PyObject *parameters = in_slot(owner, self->holder);
    return parameters ? Py_XNewRef(in_slot(parameters, self->field)) : NULL;
}

static int Told_set(Told *self, PyObject *owner, PyObject *value) {
    PyErr_Format(PyExc_AttributeError, "'%U' of '%s' is told, and cannot be set", PyDescr_NAME(self->field),
                 Py_TYPE(owner)->tp_name);
    return -1;
}

static PyMemberDef Told_members[] = {{"__doc__", T_OBJECT, offsetof(Told, doc), READONLY, NULL}, {NULL}};
static PyTypeObject ToldType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.core._envelope.Told",
    .tp_basicsize = sizeof(Told),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Told_new,
    .tp_dealloc = (destructor)Told_dealloc,
    .tp_members = Told_members,
    .tp_descr_get = (descrgetfunc)Told_get,
    .tp_descr_set = (descrsetfunc)Told_set,
};
