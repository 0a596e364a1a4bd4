package clickhousetest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// LibraryVariable is the environment variable that names libchdb.so, or the
// directory where npm has installed @chdb/lib-linux-x64-gnu.
const LibraryVariable = "COMMITFLOW_CHDB"

// StartCurrent starts the current engine and stops it when the test ends. The
// bridge is built with the go command, once in a process.
func StartCurrent(t testing.TB) *Engine {
	t.Helper()
	library := findLibrary(t)
	program, err := buildBridge()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bridge := exec.Command(fmt.Sprintf("/proc/self/fd/%d", program.Fd()), "-lib", library, "-path", filepath.Join(dir, "data"))
	bridge.Dir = dir
	var log bytes.Buffer
	bridge.Stderr = &log
	dieWithParent(bridge)
	stdin, err := bridge.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := bridge.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bridge.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = bridge.Process.Kill()
		_ = bridge.Wait()
		if t.Failed() && log.Len() > 0 {
			t.Logf("the bridge said:\n%s", &log)
		}
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = bridge.Wait()
		t.Fatalf("the bridge to libchdb did not start: %v\n%s", err, &log)
	}
	return &Engine{Address: strings.TrimSpace(address)}
}

// buildBridge gives the bridge, open for as long as the process lives. Its file has no
// name any more, so that nothing is left of it when the process has ended.
var buildBridge = sync.OnceValues(func() (*os.File, error) {
	dir, err := os.MkdirTemp("", "commitflow-bridge-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "bridge")
	build := exec.Command("go", "build", "-o", program, "github.com/commitflow/commitflow/schema/clickhousetest/bridge")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	return os.Open(program)
})

// findLibrary looks where LibraryVariable says, and where npm would have put
// the library.
func findLibrary(t testing.TB) string {
	t.Helper()
	const npmPackage = "@chdb/lib-linux-x64-gnu"
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skipf("the current engine is tested on Linux on amd64 only, from the npm package %s", npmPackage)
	}
	named := os.Getenv(LibraryVariable)
	if named == "" {
		t.Skipf("install the npm package %s and set %s to its directory to test with the current engine", npmPackage, LibraryVariable)
	}
	for _, path := range []string{named, filepath.Join(named, "libchdb.so"), filepath.Join(named, "node_modules", npmPackage, "libchdb.so")} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	t.Fatal(fmt.Errorf("%s=%s: there is no libchdb.so", LibraryVariable, named))
	return ""
}
