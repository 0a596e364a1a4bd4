package stage

// LinkKind is how one commit relates to another. Every kind has a reverse, so
// that both ends of a link know it.
type LinkKind string

// The kinds of link, each with its reverse.
const (
	Fixes        LinkKind = "fixes"
	FixedBy      LinkKind = "fixed-by"
	Reverts      LinkKind = "reverts"
	RevertedBy   LinkKind = "reverted-by"
	Reapplies    LinkKind = "reapplies"
	ReappliedBy  LinkKind = "reapplied-by"
	BackportOf   LinkKind = "backport-of"
	BackportedTo LinkKind = "backported-to"
)

// LinkBasis is how a link was established, from strong to weak.
type LinkBasis string

// The ways to establish a link.
const (
	ByHash    LinkBasis = "hash"    // a full 40-digit hash
	ByPrefix  LinkBasis = "prefix"  // an abbreviated hash with one match
	BySubject LinkBasis = "subject" // the quoted subject, where the hash was unknown or ambiguous
)

// Link is a resolved relation to another commit of the history.
type Link struct {
	Kind   LinkKind  `json:"kind"`
	Commit Hash      `json:"commit"`
	Basis  LinkBasis `json:"basis"`
	// SubjectDiffers tells that the reference quotes a subject which is not
	// that of the commit its hash names.
	SubjectDiffers bool `json:"subject_differs"`
	// Partial tells that only a part of the other commit is reverted (or, on
	// the reverse link, that only a part of this one was): it stays in effect.
	Partial bool `json:"partial"`
}

// Reference is a relation to another commit as a message states it, before it
// is resolved or where it could not be.
type Reference struct {
	Kind LinkKind `json:"kind"`
	// Hex is the hash as written, in lower case: 5 to 40 digits, or "".
	Hex string `json:"hex"`
	// Subject is the quoted subject, or "".
	Subject string `json:"subject"`
	// Partial tells that the message speaks of a part of the other commit:
	// "This partially reverts commit …".
	Partial bool `json:"partial"`
	// Reason tells why the reference could not be resolved: one of the
	// Unresolved constants; "" while it is not resolved yet.
	Reason string `json:"reason"`
}

// The reasons why a reference stays unresolved.
const (
	UnresolvedUnknown   = "unknown"   // no commit of the history has the hash or the subject
	UnresolvedAmbiguous = "ambiguous" // several commits have the prefix, and the subject does not decide
	UnresolvedNewer     = "newer"     // the only matches come after the commit that refers to them
	UnresolvedMalformed = "malformed" // neither a hash nor a subject, e.g. a URL
)
