package synthetic

import "strings"

// directory is a place for files. Directories are never removed from the list;
// one without files is just not in git's tree.
type directory struct {
	path string
	area string // as subjects begin with it
	// slots are the files that main has here. A topic's new files are not
	// among them before it is merged.
	slots []int32
}

// layout lists the directories of a tree for about that many files. Small
// trees have the first, large ones further drivers, boards and selftests.
func layout(files int) []directory {
	dirs := []directory{{path: "", area: "kbuild"}}
	add := func(path string) {
		dirs = append(dirs, directory{path: path, area: area(path)})
	}
	for _, path := range fixedDirs {
		add(path)
	}
	for n := 0; len(dirs) < directories(files); n++ {
		add(growingDirs[n%len(growingDirs)] + "/" + growth(n/len(growingDirs)))
	}
	return dirs
}

// filesPerDirectory is how many files there are, on average, for a directory in use.
const filesPerDirectory = 18

// directories is the number of directories for a tree of so many files, the root
// included.
func directories(files int) int { return max(1+len(fixedDirs), files/filesPerDirectory) }

// growth names the nth directory below one that grows: first one for each
// noun, then one in each of these, and so on. So no directory has thousands of
// others in it, which the kernel's have not either.
func growth(n int) string {
	name := nouns[n%len(nouns)]
	if n /= len(nouns); n > 0 {
		name += "/" + growth(n-1)
	}
	return name
}

var fixedDirs = []string{
	"drivers/net/ethernet/intel/ice", "fs/ext4", "mm", "include/linux", "Documentation/admin-guide", "arch/x86/kernel",
	"kernel/sched", "net/ipv4", "drivers/usb/core", "sound/soc/codecs", "arch/arm/boot/dts", "drivers/gpu/drm/i915/display",
	"lib", "tools/testing/selftests/net", "include/uapi/linux", "drivers/i2c/busses", "fs/btrfs", "kernel/bpf",
	"Documentation/devicetree/bindings/clock", "scripts", "arch/arm64/kvm/hyp", "block", "crypto", "security/selinux/ss",
	"drivers/net/wireless/ath/ath11k", "drivers/clk/qcom", "net/core", "include/net", "arch/riscv/kernel", "ipc",
}

// growingDirs are where a kernel's tree grows.
var growingDirs = []string{
	"drivers/net/ethernet", "drivers/gpu/drm", "drivers/media/platform", "drivers/staging", "arch/arm/boot/dts", "drivers/net/wireless",
	"sound/soc", "tools/testing/selftests", "Documentation/devicetree/bindings", "drivers/iio/adc", "fs", "include/dt-bindings", "drivers/input/touchscreen",
}

// area gives the prefix of subjects: the last components that tell something.
func area(path string) string {
	parts := strings.Split(path, "/")
	switch {
	case parts[0] == "arch":
		return strings.Join(parts[1:min(3, len(parts))], "/")
	case parts[0] == "Documentation":
		return "docs"
	case len(parts) > 2:
		return parts[len(parts)-2] + ": " + parts[len(parts)-1]
	default:
		return parts[len(parts)-1]
	}
}

// extension gives new files a name that fits their directory.
func extension(r *random, path string) string {
	switch {
	case strings.HasPrefix(path, "Documentation"):
		return ".rst"
	case strings.HasPrefix(path, "include"):
		return ".h"
	case strings.HasSuffix(path, "dts"):
		return pick(r, []string{".dts", ".dtsi"})
	case strings.HasPrefix(path, "scripts"), strings.Contains(path, "selftests"):
		return pick(r, []string{".c", ".sh"})
	}
	return pick(r, []string{".c", ".c", ".c", ".c", ".h"})
}

func (h *history) path(f *file) string {
	if dir := h.dirs[f.dir].path; dir != "" {
		return dir + "/" + f.base
	}
	return f.base
}
