//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// engine is one connection of libchdb.
type engine struct {
	mu   sync.Mutex
	conn uintptr
	lib  library
}

// library holds the functions of libchdb.
type library struct {
	connect func(argc int32, argv **byte) *uintptr
	query   func(conn uintptr, query *byte, length uintptr, format *byte, formatLength uintptr) uintptr
	buffer  func(result uintptr) *byte
	length  func(result uintptr) uintptr
	error   func(result uintptr) *byte
	destroy func(result uintptr)
}

func openEngine(path, dir string) (*engine, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	e := &engine{}
	for name, function := range map[string]any{
		"chdb_connect":              &e.lib.connect,
		"chdb_query_n":              &e.lib.query,
		"chdb_result_buffer":        &e.lib.buffer,
		"chdb_result_length":        &e.lib.length,
		"chdb_result_error":         &e.lib.error,
		"chdb_destroy_query_result": &e.lib.destroy,
	} {
		purego.RegisterLibFunc(function, handle, name)
	}
	args := []*byte{cString("clickhouse"), cString("--path=" + dir), nil}
	conn := e.lib.connect(int32(len(args)-1), &args[0])
	if conn == nil {
		return nil, fmt.Errorf("libchdb cannot open %s", dir)
	}
	e.conn = *conn
	return e, nil
}

// session runs several statements with no other in between.
func (e *engine) session(f func(query func(text, format string) ([]byte, error)) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return f(e.query)
}

// query runs one statement and gives its result in a format.
func (e *engine) query(text, format string) ([]byte, error) {
	result := e.lib.query(e.conn, cString(text), uintptr(len(text)), cString(format), uintptr(len(format)))
	if result == 0 {
		return nil, errors.New("libchdb gives no result")
	}
	defer e.lib.destroy(result)
	if message := e.lib.error(result); message != nil {
		return nil, errors.New(goString(message))
	}
	n := e.lib.length(result)
	if n == 0 {
		return nil, nil
	}
	return append([]byte(nil), unsafe.Slice(e.lib.buffer(result), n)...), nil
}

func cString(s string) *byte {
	b := append([]byte(s), 0)
	return &b[0]
}

func goString(p *byte) string {
	var b strings.Builder
	for ; *p != 0; p = (*byte)(unsafe.Add(unsafe.Pointer(p), 1)) {
		b.WriteByte(*p)
	}
	return b.String()
}
