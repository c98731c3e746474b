// Package progress carries how far long work is, from where it is done to whoever
// shows it.
//
// Work that knows reports the fraction done to its context, with [Report]. Work made of
// n parts hands each part a context of its own, with [Split]: a report of a part moves
// the whole by an nth of it, also when parts run side by side; one that goes from a known
// fraction to another takes a [Range]. At the root listens the
// function of [With], or else that of [Watch], which hears all work of the process: a
// notebook's cell, which is a process, shows so what packages do that were handed no
// context.
//
// Long work may keep how far it came in the [Folder] of its context.
//
// [Stage] measures what a process spends its time on.
//
// Reports change nothing but what is shown. Fractions are between 0 and 1.
package progress
