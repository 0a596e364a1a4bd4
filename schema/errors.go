package schema

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"unicode"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

// What keeps a database from being used. Errors of this package, and of the
// sinks and sources that use it, match them with errors.Is.
var (
	// ErrUnreachable: no server answers, or it is no ClickHouse.
	ErrUnreachable = errors.New("server out of reach")
	// ErrAccess: user or password are wrong.
	ErrAccess = errors.New("access refused")
	// ErrNoDatabase: the server has no such database, or it has not our tables.
	ErrNoDatabase = errors.New("no such database")
	// ErrReadOnly: the user may not do what was asked.
	ErrReadOnly = errors.New("not allowed")
	// ErrVersion: the tables are of another version than this library's.
	ErrVersion = errors.New("schema version")
)

// serverError is one line about what went wrong.
type serverError struct {
	address string
	what    string
	kind    error // one of the above, or nil
	cause   error
	passing bool
}

func (e *serverError) Error() string {
	return fmt.Sprintf("clickhouse %s: %s", e.address, e.what)
}

func (e *serverError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.cause}
	}
	return []error{e.kind, e.cause}
}

// passing tells whether an error is one of those that go away: the server is
// restarting, overloaded, or the network is.
func passing(err error) bool {
	var e *serverError
	return errors.As(err, &e) && e.passing
}

// columnsAreSo tells whether a table could not be altered because it has been: old
// servers cannot be asked to do that only where it is needed. One statement alters
// all of its columns or none. A column that is missing elsewhere in the statement
// has the same code, so the message decides.
func columnsAreSo(err error) bool {
	var exception *ch.Exception
	return errors.As(err, &exception) && exception.IsCode(proto.ErrNotFoundColumnInBlock,
		proto.ErrDuplicateColumn, proto.ErrNoSuchColumnInTable, proto.ErrIllegalColumn) &&
		(strings.Contains(exception.Message, "already exists") || strings.Contains(exception.Message, "to drop"))
}

// explain turns an error of the client into one line that says what to do. An
// error that comes from ctx being done is ctx's.
func (db Database) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &serverError{address: db.address(), cause: err}
	var exception *ch.Exception
	if errors.As(err, &exception) {
		e.explainException(db, exception)
	} else {
		e.explainNetwork(err)
	}
	return e
}

// passingCodes are exceptions that a later try may be spared.
var passingCodes = []proto.Error{
	proto.ErrTimeoutExceeded, proto.ErrTooManySimultaneousQueries, proto.ErrSocketTimeout, proto.ErrNetworkError,
	proto.ErrNoZookeeper, proto.ErrAborted, proto.ErrMemoryLimitExceeded, proto.ErrTableIsReadOnly, proto.ErrTooManyParts,
	proto.ErrAllConnectionTriesFailed, proto.ErrUnknownStatusOfInsert, proto.ErrQueryWasCancelled, proto.ErrKeeperException,
	745, // SERVER_OVERLOADED
}

func (e *serverError) explainException(db Database, x *ch.Exception) {
	message := firstLine(strings.TrimPrefix(x.Message, x.Name+": "))
	switch {
	case x.IsCode(proto.ErrUnknownUser, proto.ErrWrongPassword, proto.ErrRequiredPassword, 516): // AUTHENTICATION_FAILED
		e.kind = ErrAccess
		e.what = fmt.Sprintf("the server refuses user %q: check user and password", db.user())
	case x.IsCode(proto.ErrUnknownDatabase):
		e.kind = ErrNoDatabase
		e.what = fmt.Sprintf("there is no database %q: create it with schema.Create", db.name())
	case x.IsCode(proto.ErrUnknownTable):
		e.kind = ErrNoDatabase
		e.what = fmt.Sprintf("database %q lacks a table: create it with schema.Create (%s)", db.name(), message)
	case x.IsCode(proto.ErrReadonly, 497): // ACCESS_DENIED
		e.kind = ErrReadOnly
		e.what = fmt.Sprintf("user %q may not do this: give it the right to write to database %q (%s)", db.user(), db.name(), message)
	default:
		e.passing = x.IsCode(passingCodes...)
		e.what = fmt.Sprintf("%s (code %d)", message, int(x.Code))
	}
}

func (e *serverError) explainNetwork(err error) {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var network net.Error
	switch {
	case errors.As(err, &certificate), errors.As(err, &authority):
		e.what = "the server's certificate is not trusted: " + firstLine(err.Error())
	case errors.As(err, &record):
		e.kind = ErrUnreachable
		e.what = "the port does not speak TLS: leave out secure=true, or use the secure port"
	case strings.Contains(err.Error(), "bad server packet type"):
		e.kind = ErrUnreachable
		e.what = "no native protocol on this port: use that of clickhouse-client (9000, or 9440 with TLS), not the one for HTTP"
	case errors.As(err, &network) && network.Timeout():
		e.kind, e.passing = ErrUnreachable, true
		e.what = "the server does not answer: " + firstLine(err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		e.kind, e.passing = ErrUnreachable, true
		e.what = "the server does not answer in time"
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		e.kind, e.passing = ErrUnreachable, true
		e.what = "the server cannot be reached: " + firstLine(err.Error())
		if strings.HasPrefix(err.Error(), "handshake") && errors.Is(err, io.EOF) {
			e.what += " (a port for TLS wants secure=true)"
		}
	default:
		e.what = firstLine(err.Error())
	}
}

// maxMessage bounds what is repeated of a server's message, in bytes.
const maxMessage = 300

// firstLine makes one line of a message: up to its line end or its stack.
func firstLine(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	message, _, _ = strings.Cut(message, " Stack trace:")
	message = strings.TrimSpace(message)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, message)
}
