// Reads the lines of make_proofs and says for each whether Go's own package takes the proof: ok or no.
package main

import (
    "bufio"
    "encoding/hex"
    "fmt"
    "os"
    "strconv"
    "strings"

    "golang.org/x/mod/sumdb/tlog"
)

// A log in memory: hashes by Go's own index of stored ones.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) (hashes []tlog.Hash, err error) {
    for _, index := range indexes {
        hashes = append(hashes, m[index])
    }
    return hashes, nil
}

var stored memory
var size int64
var roots = map[int64]tlog.Hash{}

func leaf(index int64) []byte {
    return []byte(strconv.FormatInt(index, 10))
}

func root(of int64) tlog.Hash {
    for ; size < of; size++ {
        hashes, err := tlog.StoredHashes(size, leaf(size), stored)
        if err != nil {
            panic(err)
        }
        stored = append(stored, hashes...)
    }
    if _, known := roots[of]; !known {
        hash, err := tlog.TreeHash(of, stored)
        if err != nil {
            panic(err)
        }
        roots[of] = hash
    }
    return roots[of]
}

func check(kind string, a, b int64, proof []tlog.Hash) error {
    if kind == "i" {
        return tlog.CheckRecord(proof, b, root(b), a, tlog.RecordHash(leaf(a)))
    }
    return tlog.CheckTree(proof, b, root(b), a, root(a))
}

func main() {
    in := bufio.NewScanner(os.Stdin)
    for in.Scan() {
        words := strings.Split(in.Text(), " ")
        a, _ := strconv.ParseInt(words[1], 10, 64)
        b, _ := strconv.ParseInt(words[2], 10, 64)
        proof := []tlog.Hash{}
        for _, word := range words[3:] {
            var hash tlog.Hash
            hex.Decode(hash[:], []byte(word))
            proof = append(proof, hash)
        }
        if check(words[0], a, b, proof) == nil {
            fmt.Println("ok")
        } else {
            fmt.Println("no")
        }
    }
}
