// Package bench measures the library: layer by layer, and as whole runs held
// against git itself. See README.md for how to run it and what it showed.
package bench
