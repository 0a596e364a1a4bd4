//go:build race

package commitobj

// raceAllocations is what the race detector adds: it keeps one more value off the
// stack.
const raceAllocations = 1
