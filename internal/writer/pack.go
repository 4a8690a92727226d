package writer

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

// pack is a git pack file and its index.
type pack struct {
	sum         plumbing.Hash
	data, index []byte
}

// packer builds a pack in memory. go-git's encoder takes three times as long for small files: it compresses at a higher
// level than git add, and inflates every object again to index it. compress/zlib takes twice as long as the zlib
// package used here, most of it for the setup of each file.
type packer struct {
	data  bytes.Buffer
	zip   *zlib.Writer
	index idxfile.Writer
	seen  map[plumbing.Hash]bool
}

// packHeader is the signature, the version and a placeholder for the number of objects.
const packHeader = "PACK\x00\x00\x00\x02\x00\x00\x00\x00"

func newPacker() *packer {
	p := &packer{seen: map[plumbing.Hash]bool{}}
	p.data.WriteString(packHeader)
	p.zip, _ = zlib.NewWriterLevel(&p.data, zlib.BestSpeed) // the level of git add; it is valid, so there is no error
	return p
}

// add packs an object, unless the pack already contains it, and returns its ID.
func (p *packer) add(kind plumbing.ObjectType, content []byte) (plumbing.Hash, error) {
	id := plumbing.ComputeHash(kind, content)
	if p.seen[id] {
		return id, nil
	}
	p.seen[id] = true
	start := p.data.Len()
	// The first byte has the kind and the lowest four bits of the size, each further byte seven bits. The highest bit of a
	// byte is set if another byte follows.
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

// finish completes the pack and builds its index.
func (p *packer) finish() (pack, error) {
	binary.BigEndian.PutUint32(p.data.Bytes()[len(packHeader)-4:], uint32(len(p.seen)))
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

// write writes the pack to the directory. It writes the index last: git ignores a pack without an index.
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
