package generator

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/hash"
	"github.com/klauspost/compress/zlib"
)

// pack is a file of objects as git keeps them, and its index.
type pack struct {
	sum         plumbing.Hash
	data, index []byte
}

// packer makes a pack in memory. go-git's encoder takes three times as long for small files: it compresses harder than
// git add does, and its storage reads back and inflates everything to index it. The compressor of the standard library
// takes twice as long as the one here, most of it to set up for each file.
type packer struct {
	data  bytes.Buffer
	zip   *zlib.Writer
	index idxfile.Writer
	held  map[plumbing.Hash]bool
}

// packHeader is the signature, the version, and room for the number of objects.
const packHeader = "PACK\x00\x00\x00\x02\x00\x00\x00\x00"

func newPacker() *packer {
	p := &packer{held: map[plumbing.Hash]bool{}}
	p.data.WriteString(packHeader)
	p.zip, _ = zlib.NewWriterLevel(&p.data, zlib.BestSpeed) // what git add takes; the level is valid
	return p
}

// add packs an object unless it is there already, and returns its id.
func (p *packer) add(kind plumbing.ObjectType, content []byte) (plumbing.Hash, error) {
	id := plumbing.ComputeHash(kind, content)
	if p.held[id] {
		return id, nil
	}
	p.held[id] = true
	start := p.data.Len()
	// The kind and the lowest four bits of the size, then seven bits in each byte; the highest bit says that more follow.
	head, rest := byte(kind)<<4|byte(len(content)&0x0f), uint64(len(content))>>4
	if rest > 0 {
		p.data.WriteByte(head | 0x80)
		p.data.Write(binary.AppendUvarint(nil, rest))
	} else {
		p.data.WriteByte(head)
	}
	p.zip.Reset(&p.data)
	if _, err := p.zip.Write(content); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := p.zip.Close(); err != nil {
		return plumbing.ZeroHash, err
	}
	p.index.Add(id, uint64(start), crc32.ChecksumIEEE(p.data.Bytes()[start:]))
	return id, nil
}

// encode packs a tree or a commit.
func (p *packer) encode(o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	var encoded plumbing.MemoryObject
	if err := o.Encode(&encoded); err != nil {
		return plumbing.ZeroHash, err
	}
	r, err := encoded.Reader()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return p.add(encoded.Type(), content)
}

// finish ends the pack and makes its index.
func (p *packer) finish() (pack, error) {
	binary.BigEndian.PutUint32(p.data.Bytes()[len(packHeader)-4:], uint32(len(p.held)))
	h := hash.New(hash.CryptoType)
	_, _ = h.Write(p.data.Bytes()) // never fails
	var done pack
	copy(done.sum[:], h.Sum(nil))
	p.data.Write(done.sum[:])
	done.data = p.data.Bytes()

	if err := p.index.OnFooter(done.sum); err != nil {
		return pack{}, err
	}
	idx, err := p.index.Index()
	if err != nil {
		return pack{}, err
	}
	var content bytes.Buffer
	_, err = idxfile.NewEncoder(&content).Encode(idx)
	done.index = content.Bytes()
	return done, err
}

// write puts the pack into the directory, the index last: without it git takes no notice of the pack.
func (p pack) write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	name := filepath.Join(dir, "pack-"+p.sum.String())
	if err := os.WriteFile(name+".pack", p.data, 0o444); err != nil {
		return err
	}
	return os.WriteFile(name+".idx", p.index, 0o444)
}
