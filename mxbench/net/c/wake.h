/* One wake-up of a node on Linux: all that has come on its links is handed over, and what that led to is sent. */
#pragma once
#include <sched.h>
#include <sys/epoll.h>

#include "pump.h"

enum { EVENTS = 64, TURNS = 3, LONG_TURN_NS = 3000000, PATIENCE = 64 };

/* Wait like epoll_wait. Who has nothing to do first lets others run, a few times: mostly something has come by then,
 * and to fall asleep and be woken costs more than to ask again. But on a machine that is busy with something else the
 * others keep the processor for long, while who sleeps is woken at once: then it is not tried again for a while. */
static int wait_for(int epoll, struct epoll_event *events, int milliseconds) {
    static int crowded = 0; /* wake-ups to come in which not to yield */
    long long began = monotonic_ns(), waited = 0;
    for (int turn = 0; turn < TURNS && !crowded; turn++) {
        int came = epoll_wait(epoll, events, EVENTS, 0);
        if (came || !milliseconds) return came;
        sched_yield();
        waited = monotonic_ns() - began;
        if (waited > LONG_TURN_NS) crowded = PATIENCE;
    }
    if (crowded) crowded--;
    waited /= 1000000;
    if (milliseconds > 0) milliseconds = waited < milliseconds ? milliseconds - (int)waited : 0;
    return epoll_wait(epoll, events, EVENTS, milliseconds);
}

/* Return the link of a descriptor, NULL if it is of none. */
static Link *link_of(Pump *self, int descriptor) {
    PyObject *link;
    Py_ssize_t at = 0;
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return NULL;
    Link *known = self->by_descriptor[descriptor];
    if (known && known->descriptor == descriptor) return known;
    while (self->links && PyDict_Next(self->links, &at, NULL, &link))
        if (((Link *)link)->descriptor == descriptor) return self->by_descriptor[descriptor] = (Link *)link;
    return NULL;
}

/* Take in what has come on a link: return 1, or 0 if Python is to look at it, -1 with an exception. */
static int take_in(Pump *self, Link *link) {
    ssize_t count = recv(link->descriptor, self->received, RECEIVE, 0);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    if (!receive(self, link, self->received, count)) return 1;
    if (!PyErr_ExceptionMatches(Garbage)) return -1;
    PyObject *type, *trace;
    Py_CLEAR(link->complaint);
    PyErr_Fetch(&type, &link->complaint, &trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return 0;
}

/* Send what the wake-up led to. Links that the kernel took too little of, or that broke, stay dirty. */
static int flush_all(Pump *self) {
    Py_ssize_t left = 0, count = PyList_GET_SIZE(self->dirty);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *link = PyList_GET_ITEM(self->dirty, i);
        int done = flush((Link *)link);
        if (done < 0) {
            if (!PyErr_ExceptionMatches(PyExc_OSError)) return -1;
            PyErr_Clear();
        }
        if (done <= 0 && PyList_SetItem(self->dirty, left++, Py_NewRef(link)) < 0) return -1;
    }
    return PyList_SetSlice(self->dirty, left, count, NULL);
}

/* Wait like select.epoll, deal with the links that can be read, and return the other events. */
static PyObject *Pump_wake(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    struct epoll_event events[EVENTS];
    double seconds = -1;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "wake(descriptor, seconds)");
        return NULL;
    }
    int epoll = PyObject_AsFileDescriptor(arguments[0]), came;
    if (epoll < 0) return NULL;
    if (arguments[1] != Py_None) seconds = PyFloat_AsDouble(arguments[1]);
    if (seconds == -1 && PyErr_Occurred()) return NULL;
    int milliseconds = seconds < 0 ? -1 : seconds > 1e6 ? 1000000000 : (int)(seconds * 1000);
    if (seconds > 0 && milliseconds < seconds * 1000) milliseconds++; /* up, as select.epoll does */
    Py_BEGIN_ALLOW_THREADS
    came = wait_for(epoll, events, milliseconds);
    Py_END_ALLOW_THREADS
    if (came < 0 && errno != EINTR) return PyErr_SetFromErrno(PyExc_OSError);
    if (came < 0 && PyErr_CheckSignals()) return NULL;
    PyObject *left = PyList_New(0);
    for (int i = 0; left && i < came; i++) {
        Link *link = events[i].events == EPOLLIN ? link_of(self, events[i].data.fd) : NULL;
        int done = link ? take_in(self, link) : 0;
        if (done > 0) continue;
        PyObject *event = done ? NULL : Py_BuildValue("iI", events[i].data.fd, (unsigned int)events[i].events);
        if (!event || PyList_Append(left, event) < 0) Py_CLEAR(left);
        Py_XDECREF(event);
    }
    if (left && flush_all(self) < 0) Py_CLEAR(left);
    return left;
}
