// Package sink holds the ends of a stream: where commits and the rows made
// from them are stored for good.
//
// A sink gives its output final names only once all of it is durable. Whatever
// ends a run early (an error, a cancelled context, a lost power supply), no
// half-written file is left under a name that a reader would pick up.
package sink
