//go:build !race

package commitobj

const raceAllocations = 0
