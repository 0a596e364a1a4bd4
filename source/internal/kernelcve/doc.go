// Package kernelcve reads the files by which the Linux kernel's CVE team keeps
// its data (vulns.git, cve/published/<year>/CVE-…): the commits that fix a
// vulnerability (.sha1), the pairs of introducing and fixing commits (.dyad), the
// overrides of the introducing commits (.vulnerable), the score (.cvss), further
// references (.reference), and the CVE record itself (.json). What is read can be
// printed again, byte for byte but for the record.
package kernelcve
