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

typedef struct {
    PyObject **place;
    const char *text;
} Name;

/* Make the strings by which Python is asked: -1 with an exception. names: ends with one without a place. */
static inline int intern_all(const Name *names) {
    for (; names->place; names++)
        if (!(*names->place = PyUnicode_InternFromString(names->text))) return -1;
    return 0;
}
