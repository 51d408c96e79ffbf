package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
)

// As much of PostgreSQL's protocol as it takes to ask simple questions on a trusted connection.
type database struct{ net.Conn }

func dial() (*database, error) {
	connection, err := net.Dial("tcp", os.Getenv("PGHOST")+":5432")
	if err != nil {
		return nil, err
	}
	db := &database{connection}
	db.send(0, "\x00\x03\x00\x00user\x00"+os.Getenv("PGUSER")+"\x00database\x00"+os.Getenv("PGDATABASE")+"\x00\x00")
	_, err = db.answer()
	return db, err
}

func connect() *database {
	db, err := dial()
	if err != nil {
		fail("database: %v", err)
	}
	return db
}

// The first column of the last row; the role ends where the database refuses.
func (db *database) one(format string, values ...any) string {
	db.send('Q', fmt.Sprintf(format, values...)+"\x00")
	text, err := db.answer()
	if err != nil {
		fail("database: %v", err)
	}
	return text
}

func (db *database) send(kind byte, text string) {
	message := binary.BigEndian.AppendUint32(nil, uint32(len(text)+4))
	if kind != 0 {
		message = append([]byte{kind}, message...)
	}
	db.Write(append(message, text...))
}

func (db *database) answer() (text string, refused error) {
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(db, head); err != nil {
			return "", err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(db, body); err != nil {
			return "", err
		}
		switch head[0] {
		case 'E':
			refused = fmt.Errorf("%q", body)
			// before it is ready for questions the server closes after an error
			if body[0] == 'S' && string(body[1:6]) == "FATAL" {
				return "", refused
			}
		case 'D':
			if size := int32(binary.BigEndian.Uint32(body[2:])); size >= 0 {
				text = string(body[6 : 6+size])
			}
		case 'Z':
			return text, refused
		}
	}
}
