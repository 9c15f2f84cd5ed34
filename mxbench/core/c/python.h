/* What the parts in C ask of Python as they are loaded. */
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

/* Return what a module knows by a name; NULL with an exception. */
static inline PyObject *attribute_of(const char *module_name, const char *name) {
    PyObject *module = PyImport_ImportModule(module_name), *found;
    if (!module) return NULL;
    found = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return found;
}
