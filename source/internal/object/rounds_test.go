package object

// eachWay calls each once for every way to decompress that this processor has.
func eachWay(each func(way string)) {
	kept := roundsByAssembly
	defer func() { roundsByAssembly = kept }()
	roundsByAssembly = false
	each("in Go")
	if kept {
		roundsByAssembly = true
		each("in assembly")
	}
}
