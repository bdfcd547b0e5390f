/**
 * The recipe of docs/reference/revocation-redis.md as it stands there. What the page leaves to a library of the reader's choice, the
 * connection to Redis, is a few lines over a socket here, so that the bare language is enough.
 */

import { go, type Language, php, python, readBlock, runProgram } from './printed-code.ts'

/** For each issuer, what the program says of these tokens: whether they are alive. */
export async function runRecipe(
  language: Language,
  { port, issuers, claims }: { port: number; issuers: string[]; claims: readonly object[] },
): Promise<boolean[][]> {
  const around = programs.get(language)
  if (around === undefined)
    throw new Error(`nothing leads the recipe to Redis: ${language.heading}`)
  const source = around(await readBlock('revocation-redis.md', language))
  const args = [String(port), ...issuers]
  return (await runProgram(language, source, { args, input: claims })) as boolean[][]
}

/** The whole program around the block. Its arguments are a port and issuers; it judges all tokens by each of them. */
type Around = (block: string) => string

const aroundPython: Around = (block) => `
import hashlib, json, socket, sys

class Redis:
    def __init__(self, port):
        self.file = socket.create_connection(("127.0.0.1", port), 10).makefile("rwb")

    def mget(self, keys):
        words = [b"MGET"] + [key.encode() for key in keys]
        self.file.write(b"*%d\\r\\n" % len(words))
        for word in words:
            self.file.write(b"$%d\\r\\n%s\\r\\n" % (len(word), word))
        self.file.flush()
        return [self.read() for _ in range(int(self.file.readline()[1:]))]

    def read(self):
        length = int(self.file.readline()[1:])
        return None if length < 0 else self.file.read(length + 2)[:-2]

redis = Redis(int(sys.argv[1]))
${block}
tokens, verdicts = json.load(sys.stdin), []
for ISSUER in sys.argv[2:]:
    verdicts.append([is_alive(t) for t in tokens])
print(json.dumps(verdicts))
`

const aroundGo: Around = (block) => `
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

type Claims struct {
	Jti, Gid, Sid, Sub string
	ClientID           string \`json:"client_id"\`
	Rev                int64
}

type client struct {
	net.Conn
	in *bufio.Reader
}

type result struct {
	found []any
	err   error
}

func (r result) Result() ([]any, error) { return r.found, r.err }

func (c client) length() int {
	line, _ := c.in.ReadString('\\n')
	length, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	return length
}

func (c client) MGet(_ context.Context, keys ...string) result {
	fmt.Fprintf(c, "*%d\\r\\n$4\\r\\nMGET\\r\\n", len(keys)+1)
	for _, key := range keys {
		fmt.Fprintf(c, "$%d\\r\\n%s\\r\\n", len(key), key)
	}
	found := make([]any, c.length())
	for i := range found {
		if length := c.length(); length >= 0 {
			bytes := make([]byte, length+2)
			if _, err := io.ReadFull(c.in, bytes); err != nil {
				return result{nil, err}
			}
			found[i] = string(bytes[:length])
		}
	}
	return result{found, nil}
}

var issuer string
var rdb client

${block}

func main() {
	conn, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	rdb = client{conn, bufio.NewReader(conn)}
	var tokens []Claims
	if err := json.NewDecoder(os.Stdin).Decode(&tokens); err != nil {
		panic(err)
	}
	verdicts := [][]bool{}
	for _, issuer = range os.Args[2:] {
		alive := []bool{}
		for _, token := range tokens {
			alive = append(alive, isAlive(context.Background(), token))
		}
		verdicts = append(verdicts, alive)
	}
	json.NewEncoder(os.Stdout).Encode(verdicts)
}
`

const aroundPhp: Around = (block) => `<?php
class Connection
{
    private $socket;

    function __construct($port)
    {
        $this->socket = stream_socket_client("tcp://127.0.0.1:$port", $code, $message, 10);
    }

    function mget($keys)
    {
        $words = array_merge(['MGET'], $keys);
        $text = '*' . count($words) . "\\r\\n";
        foreach ($words as $word) $text .= '$' . strlen($word) . "\\r\\n$word\\r\\n";
        fwrite($this->socket, $text);
        $count = $this->length();
        $found = [];
        while (count($found) < $count) {
            $length = $this->length();
            $found[] = $length < 0 ? false : substr(stream_get_contents($this->socket, $length + 2), 0, $length);
        }
        return $found;
    }

    private function length()
    {
        return (int) substr(fgets($this->socket), 1);
    }
}

function isAlive($t, $redis, $iss)
{
${block}
    return $alive;
}

$redis = new Connection($argv[1]);
$tokens = json_decode(stream_get_contents(STDIN), true);
$judge = fn($iss) => array_map(fn($t) => isAlive($t, $redis, $iss), $tokens);
echo json_encode(array_map($judge, array_slice($argv, 2)));
`

const programs: ReadonlyMap<Language, Around> = new Map([
  [python, aroundPython],
  [go, aroundGo],
  [php, aroundPhp],
])
