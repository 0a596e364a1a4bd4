package kernelcve

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/commitflow/commitflow/stage"
)

// Record is what a CVE record of version 5 says that the other files say too.
type Record struct {
	ID string
	// Vector and Score are the CVSS of version 3.1, if there is one; Vector is
	// "" where there is none.
	Vector string
	Score  float32
	// Ranges are the affected ranges of commits. Their versions are "".
	Ranges []Dyad
	// References are the addresses that it names.
	References []string
}

// ID is the form of a CVE's name.
var ID = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`)

// ParseRecord reads a .json file.
func ParseRecord(text []byte) (Record, error) {
	var raw struct {
		Metadata struct {
			ID string `json:"cveID"`
		} `json:"cveMetadata"`
		Containers struct {
			CNA struct {
				Metrics []struct {
					CVSS struct {
						Vector string  `json:"vectorString"`
						Score  float32 `json:"baseScore"`
					} `json:"cvssV3_1"`
				} `json:"metrics"`
				Affected []struct {
					Versions []struct {
						Version  string `json:"version"`
						LessThan string `json:"lessThan"`
						Status   string `json:"status"`
						Type     string `json:"versionType"`
					} `json:"versions"`
				} `json:"affected"`
				References []struct {
					URL string `json:"url"`
				} `json:"references"`
			} `json:"cna"`
		} `json:"containers"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return Record{}, fmt.Errorf("CVE record: %w", err)
	}
	if !ID.MatchString(raw.Metadata.ID) {
		return Record{}, fmt.Errorf("CVE record: the id is %.40q", raw.Metadata.ID)
	}
	r := Record{ID: raw.Metadata.ID}
	cna := &raw.Containers.CNA
	for _, metric := range cna.Metrics {
		if metric.CVSS.Vector != "" {
			r.Vector, r.Score = metric.CVSS.Vector, metric.CVSS.Score
		}
	}
	for _, affected := range cna.Affected {
		for _, version := range affected.Versions {
			if version.Type != "git" || version.Status != "affected" {
				continue
			}
			var d Dyad
			var err error
			if d.IntroducedCommit, err = stage.ParseHash(version.Version); err != nil {
				return Record{}, fmt.Errorf("%s: affected version: %w", r.ID, err)
			}
			if version.LessThan != "" {
				if d.FixedCommit, err = stage.ParseHash(version.LessThan); err != nil {
					return Record{}, fmt.Errorf("%s: fixed version: %w", r.ID, err)
				}
			}
			r.Ranges = append(r.Ranges, d)
		}
	}
	for _, reference := range cna.References {
		r.References = append(r.References, reference.URL)
	}
	return r, nil
}
