// Checks logs and proofs of ours with another author's implementation of the same formats.
//
//	check proof VKEY <FILE.tlog-proof    the entry's way leads to the root that the log signed
//	check log VKEY DIR                   every entry, by the tiles alone
//	check document VKEY FILE <PROOF      that entry commits to this document, by the salt in it
//
// Nothing of the project is used: golang.org/x/mod/sumdb/note and tlog do all of the work.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println(said)
}

func run(args []string) (string, error) {
	switch {
	case len(args) == 2 && args[0] == "proof":
		data, err := io.ReadAll(os.Stdin)
		if err != nil {
			return "", err
		}
		return checkProof(args[1], data)
	case len(args) == 3 && args[0] == "document":
		data, err := io.ReadAll(os.Stdin)
		if err != nil {
			return "", err
		}
		return checkDocument(args[1], args[2], data)
	case len(args) == 3 && args[0] == "log":
		return checkLog(args[1], args[2])
	}
	return "", fmt.Errorf("usage: check proof VKEY | check log VKEY DIR | check document VKEY FILE")
}

// checkpoint opens a checkpoint that the log itself signed.
func checkpoint(vkey string, data []byte) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkProof(vkey string, data []byte) (string, error) {
	head, signed, found := bytes.Cut(data, []byte("\n\n"))
	if !found {
		return "", fmt.Errorf("no checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", fmt.Errorf("not a proof")
	}
	entry, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return "", err
	}
	spelled := strings.TrimPrefix(lines[2], "index ")
	index, err := strconv.ParseInt(spelled, 10, 64)
	if err != nil || strconv.FormatInt(index, 10) != spelled {
		return "", fmt.Errorf("index %q", lines[2])
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", err
		}
		proof = append(proof, hash)
	}
	tree, err := checkpoint(vkey, signed)
	if err != nil {
		return "", err
	}
	if index >= tree.N {
		return "", fmt.Errorf("index %d in a log of %d", index, tree.N)
	}
	err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
	return fmt.Sprintf("ok %d of %d: %s", index, tree.N, entry), err
}

// checkDocument follows a proof and computes the commitment of the document anew.
func checkDocument(vkey, file string, proof []byte) (string, error) {
	said, err := checkProof(vkey, proof)
	if err != nil {
		return "", err
	}
	document, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var stated struct {
		Salt   string `json:"salt_hex"`
		Ticket string `json:"ticket"`
	}
	if err := json.Unmarshal(document, &stated); err != nil {
		return "", err
	}
	var entry struct{ Commitment, Ticket string }
	_, logged, _ := strings.Cut(said, ": ")
	if err := json.Unmarshal([]byte(logged), &entry); err != nil {
		return "", err
	}
	salt, err := hex.DecodeString(stated.Salt)
	if err != nil || len(salt) != 32 {
		return "", fmt.Errorf("salt %q", stated.Salt)
	}
	digest := sha256.Sum256(append(salt, document...))
	if hex.EncodeToString(digest[:]) != entry.Commitment || stated.Ticket != entry.Ticket {
		return "", fmt.Errorf("the entry commits to something else")
	}
	return "ok " + entry.Commitment, nil
}

// tiles reads tiles of a folder. Their implementation puts the height into the path; ours has one.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, name))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func checkLog(vkey, folder string) (string, error) {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := checkpoint(vkey, signed)
	if err != nil {
		return "", err
	}
	// Every tile that it reads is held against the root by the reader itself.
	reader := tlog.TileHashReader(tree, tiles{folder})
	for number := int64(0); number*256 < tree.N; number++ {
		width := tree.N - number*256
		tile := tlog.Tile{H: 8, L: -1, N: number, W: 256}
		if width < 256 {
			tile.W = int(width)
		}
		name := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		if err := checkBundle(bundle, number*256, tile.W, tree, reader); err != nil {
			return "", err
		}
	}
	for older := int64(1); older < tree.N; older += 1 + tree.N/16 {
		if err := checkGrowth(older, tree, reader); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("ok %d", tree.N), nil
}

func checkBundle(bundle []byte, first int64, count int, tree tlog.Tree, reader tlog.HashReader) error {
	for at := 0; at < count; at++ {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return fmt.Errorf("bundle too short at entry %d", first+int64(at))
		}
		length := int(binary.BigEndian.Uint16(bundle))
		entry := bundle[2 : 2+length]
		bundle = bundle[2+length:]
		index := first + int64(at)
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %v", index, err)
		}
	}
	if len(bundle) != 0 {
		return fmt.Errorf("bundle too long")
	}
	return nil
}

func checkGrowth(older int64, tree tlog.Tree, reader tlog.HashReader) error {
	root, err := tlog.TreeHash(older, reader)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, older, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, older, root)
}
