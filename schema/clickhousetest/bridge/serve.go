//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
)

// client is one connection of a client.
type client struct {
	conn    net.Conn
	engine  *engine
	reader  *proto.Reader
	out     proto.Buffer
	version int
	// compress tells that the blocks of the query at hand are compressed.
	compress   bool
	compressor *compress.Writer
}

// serve answers one client until it hangs up.
func serve(conn net.Conn, e *engine) error {
	c := &client{conn: conn, engine: e, reader: proto.NewReader(conn),
		compressor: compress.NewWriter(compress.LevelZero, compress.LZ4)}
	if err := c.handshake(); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	for {
		packet, err := c.reader.UVarInt()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		switch proto.ClientCode(packet) {
		case proto.ClientCodePing:
			proto.ServerCodePong.Encode(&c.out)
		case proto.ClientCodeQuery:
			err = c.query()
		default:
			return fmt.Errorf("packet %d", packet)
		}
		if err == nil {
			err = c.flush()
		}
		if err != nil {
			return err
		}
	}
}

func (c *client) flush() error {
	_, err := c.conn.Write(c.out.Buf)
	c.out.Reset()
	return err
}

func (c *client) handshake() error {
	if packet, err := c.reader.UVarInt(); err != nil || proto.ClientCode(packet) != proto.ClientCodeHello {
		return fmt.Errorf("packet %d: %w", packet, err)
	}
	var hello proto.ClientHello
	if err := hello.Decode(c.reader); err != nil {
		return err
	}
	c.version = min(hello.ProtocolVersion, proto.Version)
	answer := proto.ServerHello{Name: "libchdb", Major: 26, Minor: 5, Revision: proto.Version, Timezone: "UTC"}
	answer.EncodeAware(&c.out, c.version)
	if err := c.flush(); err != nil {
		return err
	}
	if proto.FeatureAddendum.In(c.version) {
		_, err := c.reader.Str()
		return err
	}
	return nil
}

// query answers one query. An error of the engine becomes an exception, any
// other ends the connection.
func (c *client) query() error {
	var q proto.Query
	if err := q.DecodeAware(c.reader, c.version); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	c.compress = q.Compression == proto.CompressionEnabled
	if _, err := c.readBlock(); err != nil { // the end of the external tables
		return err
	}
	var fatal error
	err := c.engine.session(func(query func(text, format string) ([]byte, error)) error {
		for _, p := range q.Parameters {
			if _, err := query("SET param_"+p.Key+" = "+p.Value, "Null"); err != nil {
				return err
			}
		}
		if insert := insertStatement.FindStringSubmatch(q.Body); insert != nil {
			fatal = c.insert(query, insert[1], insert[2], q.Settings)
			var refused *refusedError
			if errors.As(fatal, &refused) {
				fatal = nil
				return refused.cause
			}
			return nil
		}
		native, err := query(q.Body, "Native")
		if err != nil {
			return err
		}
		fatal = c.sendBlocks(native)
		return nil
	})
	switch {
	case fatal != nil:
		return fatal
	case err != nil:
		c.exception(err)
	default:
		proto.ServerCodeEndOfStream.Encode(&c.out)
	}
	return nil
}

// refusedError is an insert that the engine does not take.
type refusedError struct{ cause error }

func (e *refusedError) Error() string { return e.cause.Error() }

// insertStatement matches an INSERT whose rows follow in blocks.
var insertStatement = regexp.MustCompile("(?is)^\\s*INSERT\\s+INTO\\s+([`\\w.\"-]+)\\s*\\(([^)]*)\\)\\s*VALUES\\s*$")

// insert takes the blocks of an insert into a file, and has the engine read it.
func (c *client) insert(query func(text, format string) ([]byte, error), table, names string, settings []proto.Setting) error {
	header, err := query("SELECT "+names+" FROM "+table+" LIMIT 0", "Native")
	if err != nil {
		return &refusedError{err}
	}
	if len(header) == 0 {
		if header, err = describe(query, table, names); err != nil {
			return &refusedError{err}
		}
	}
	if err := c.sendBlocks(header); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	file, err := os.CreateTemp("", "bridge-*.native")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	rows := 0
	for {
		packet, err := c.reader.UVarInt()
		if err != nil {
			return err
		}
		if proto.ClientCode(packet) != proto.ClientCodeData {
			return fmt.Errorf("packet %d in an insert", packet)
		}
		block, err := c.readBlockBody()
		if err != nil {
			return err
		}
		if len(block) == 0 {
			break
		}
		var raw proto.Buffer
		b := proto.Block{Columns: len(block), Rows: block[0].Data.Rows()}
		if err := b.EncodeRawBlock(&raw, 0, block); err != nil {
			return err
		}
		rows += b.Rows
		if _, err := file.Write(raw.Buf); err != nil {
			return err
		}
	}
	if rows == 0 {
		return nil
	}
	var assigned []string
	for _, s := range settings {
		assigned = append(assigned, s.Key+" = "+quote(s.Value))
	}
	clause := ""
	if len(assigned) > 0 {
		clause = " SETTINGS " + strings.Join(assigned, ", ")
	}
	if _, err := query("INSERT INTO "+table+" ("+names+") FROM INFILE "+quote(file.Name())+clause+" FORMAT Native", "Null"); err != nil {
		return &refusedError{err}
	}
	return nil
}

// describe makes the header block of a table from its description.
func describe(query func(text, format string) ([]byte, error), table, names string) ([]byte, error) {
	text, err := query("DESCRIBE (SELECT "+names+" FROM "+table+")", "TSVRaw")
	if err != nil {
		return nil, err
	}
	var header columns
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		column, err := newColumn(proto.ColumnType(fields[1]))
		if err != nil {
			return nil, err
		}
		header = append(header, proto.InputColumn{Name: fields[0], Data: typed{column, proto.ColumnType(fields[1])}})
	}
	var raw proto.Buffer
	err = proto.Block{Columns: len(header)}.EncodeRawBlock(&raw, 0, header)
	return raw.Buf, err
}

// readBlock reads a data packet.
func (c *client) readBlock() (columns, error) {
	packet, err := c.reader.UVarInt()
	if err != nil {
		return nil, err
	}
	if proto.ClientCode(packet) != proto.ClientCodeData {
		return nil, fmt.Errorf("packet %d instead of data", packet)
	}
	return c.readBlockBody()
}

func (c *client) readBlockBody() (columns, error) {
	var data proto.ClientData
	if err := data.DecodeAware(c.reader, c.version); err != nil {
		return nil, err
	}
	if c.compress {
		c.reader.EnableCompression()
		defer c.reader.DisableCompression()
	}
	var block proto.Block
	var input columns
	if err := block.DecodeBlock(c.reader, c.version, &input); err != nil {
		return nil, err
	}
	return input, nil
}

// sendBlocks sends a result in the Native format as data packets.
func (c *client) sendBlocks(native []byte) error {
	source := bytes.NewReader(native)
	reader := proto.NewReader(source)
	for len(native) > 0 {
		var block proto.Block
		var result columns
		if err := block.DecodeRawBlock(reader, 0, &result); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("result: %w", err)
		}
		proto.ServerCodeData.Encode(&c.out)
		c.out.PutString("") // no external table
		start := len(c.out.Buf)
		block.Info = proto.BlockInfo{BucketNum: -1}
		if err := block.EncodeBlock(&c.out, c.version, result); err != nil {
			return fmt.Errorf("result: %w", err)
		}
		if c.compress {
			if err := c.compressor.Compress(c.out.Buf[start:]); err != nil {
				return err
			}
			c.out.Buf = append(c.out.Buf[:start], c.compressor.Data...)
		}
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}

var codeInMessage = regexp.MustCompile(`Code: (\d+)`)

func (c *client) exception(err error) {
	code := 0
	if m := codeInMessage.FindStringSubmatch(err.Error()); m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	proto.ServerCodeException.Encode(&c.out)
	e := proto.Exception{Code: proto.Error(code), Name: "DB::Exception", Message: err.Error()}
	e.EncodeAware(&c.out, c.version)
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
