package schema

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Database says where a database is and how to talk to its server. The zero
// value is the database "commitflow" of the server on this machine.
type Database struct {
	// Address is host:port of the server's native protocol, or a host; empty
	// means 127.0.0.1. The port is 9000 if not given, and 9440 with TLS.
	Address string
	// User is "default" where empty. The password appears in no error.
	User     string
	Password string
	// Name is the database's, "commitflow" where empty: letters, digits, "_"
	// and "-".
	Name string
	// Compression is that of the wire; the tables have their own. Empty means
	// none to an address of this machine, and LZ4 to others.
	Compression Compression
	// TLS is used if it is set.
	TLS *tls.Config
	// Plain is for servers older than 2020: the same tables without column
	// codecs, skip indexes, dictionaries of strings and block deduplication,
	// and queries whose parameters the client puts in.
	Plain bool
	// Protocol is the highest revision of the native protocol to speak, where
	// a server takes a newer one amiss; 0 means the newest that both know.
	// Servers of 2018 want 54031.
	Protocol int
	// Cluster is the name of the cluster whose servers share the tables, as
	// the server's configuration has it; empty means a single server.
	Cluster string
}

// Compression is how blocks are compressed between client and server.
type Compression string

// The compressions of the wire. ZSTD takes some three times LZ4's time, which
// pays over slow networks only. Within a machine none pays: there client and
// server would share the processors that compress. An address of this machine
// that is the end of a tunnel to another one wants LZ4.
const (
	LZ4          Compression = "lz4"
	ZSTD         Compression = "zstd"
	Uncompressed Compression = "none"
)

const (
	defaultName = "commitflow"
	defaultHost = "127.0.0.1"
	defaultUser = "default"
	plainPort   = "9000"
	securePort  = "9440"
)

// ParseDSN reads an address of the form
//
//	clickhouse://user:password@host:9000/database?compress=lz4&secure=true
//
// of which everything but the scheme may be left out. The parameters are
// compress (lz4, zstd or none, see [Database.Compression]), secure (true for TLS),
// schema (plain, see [Database.Plain]), protocol (see [Database.Protocol]) and
// cluster. A server's certificate must be one that the system trusts, or that the file named by the
// environment variable SSL_CERT_FILE does. No error repeats the password.
func ParseDSN(dsn string) (Database, error) {
	u, err := url.Parse(dsn)
	// An "@" behind the host is the end of a password with a "/", "?" or "#" in it.
	if err != nil || u.Scheme != "clickhouse" || u.Opaque != "" || u.Fragment != "" || strings.Contains(u.Path+u.RawQuery, "@") {
		// The cause is left out, as it quotes the text with the password.
		return Database{}, errors.New(usageOfDSN)
	}
	db := Database{Address: u.Host, Name: strings.TrimPrefix(u.Path, "/")}
	if u.User != nil {
		db.User = u.User.Username()
		db.Password, _ = u.User.Password()
	}
	for key, values := range u.Query() {
		if err := db.set(key, values[len(values)-1]); err != nil {
			return Database{}, fmt.Errorf("clickhouse address: %w", err)
		}
	}
	if err := db.Check(); err != nil {
		return Database{}, err
	}
	return db, nil
}

const usageOfDSN = "clickhouse address: want clickhouse://user:password@host:9000/database?secure=true, with odd characters of the password as %XX"

// set applies one parameter of a DSN.
func (db *Database) set(key, value string) error {
	switch key {
	case "compress":
		db.Compression = Compression(value)
	case "secure":
		secure, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("secure=%q: want true or false", value)
		}
		if secure {
			db.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	case "schema":
		if value != "plain" {
			return fmt.Errorf("schema=%q: want plain, or leave it out", value)
		}
		db.Plain = true
	case "protocol":
		revision, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("protocol=%q: want a number, such as 54031", value)
		}
		db.Protocol = revision
	case "cluster":
		db.Cluster = value
	default:
		return fmt.Errorf("unknown parameter %q: there are compress, secure, schema, protocol and cluster", key)
	}
	return nil
}

// identifier is what may name a database or a cluster.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,62}$`)

// Check tells what is wrong with the settings. Nothing is sent to the server.
func (db Database) Check() error {
	switch name := db.name(); {
	case !identifier.MatchString(name):
		return fmt.Errorf("clickhouse: database name %q: use letters, digits, _ and -", name)
	case strings.EqualFold(name, "system"), strings.EqualFold(name, "information_schema"):
		return fmt.Errorf("clickhouse: database name %q: that is the server's own", name)
	case db.Cluster != "" && !identifier.MatchString(db.Cluster):
		return fmt.Errorf("clickhouse: cluster name %q: use letters, digits, _ and -", db.Cluster)
	case db.Cluster != "" && db.Plain:
		return errors.New("clickhouse: the plain schema has no cluster variant")
	case db.Protocol < 0:
		return fmt.Errorf("clickhouse: protocol revision %d: use a positive number, or 0 for the newest", db.Protocol)
	}
	switch db.Compression {
	case "", LZ4, ZSTD, Uncompressed:
		return nil
	default:
		return fmt.Errorf("clickhouse: compression %q: want lz4, zstd or none", db.Compression)
	}
}

// String names server and database, without user and password.
func (db Database) String() string { return "clickhouse " + db.address() + " database " + db.name() }

// GoString is String, lest %#v show the password.
func (db Database) GoString() string { return db.String() }

func (db Database) name() string { return orDefault(db.Name, defaultName) }
func (db Database) user() string { return orDefault(db.User, defaultUser) }

// WireCompression is the compression that is used: Compression or what stands in
// for it. It follows from the settings alone; no name is looked up.
func (db Database) WireCompression() Compression {
	if db.Compression != "" {
		return db.Compression
	}
	host, _, _ := net.SplitHostPort(db.address())
	if host == "localhost" || net.ParseIP(host).IsLoopback() {
		return Uncompressed
	}
	return LZ4
}

func (db Database) address() string {
	port := plainPort
	if db.TLS != nil {
		port = securePort
	}
	host, given, err := net.SplitHostPort(db.Address)
	if err != nil { // there is no port
		host, given = strings.Trim(db.Address, "[]"), ""
	}
	return net.JoinHostPort(orDefault(host, defaultHost), orDefault(given, port))
}

// Table gives a table's full name, quoted for SQL.
func (db Database) Table(name string) string { return quoteName(db.name()) + "." + quoteName(name) }

// quoteName quotes an identifier that Check has let pass, or one of ours.
func quoteName(name string) string { return "`" + name + "`" }

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
