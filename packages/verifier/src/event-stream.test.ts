import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEvents, type StreamEvent } from './event-stream.ts'
import { FeedError } from './feed-step.ts'

async function read(...chunks: Uint8Array[]): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readEvents(ReadableStream.from(chunks) as ReadableStream<Uint8Array>)) {
    events.push(event)
  }
  return events
}

const text = [
  ': open\n\n',
  'data: {"a":"ü😀"}\n\n',
  ': heartbeat\n\n',
  'id: 7\nretry: 10\nevent: error\ndata: one\ndata:two\n\n',
  'event: end\ndata: {}\n\n',
  'data: half an event',
].join('')

const expected = [
  { name: 'message', data: '{"a":"ü😀"}' },
  { name: 'error', data: 'one\ntwo' },
  { name: 'end', data: '{}' },
]

test('events are read however the bytes are cut, with either line end', async () => {
  for (const written of [text, text.replaceAll('\n', '\r\n')]) {
    const bytes = Buffer.from(written)
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(cuts, async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
        assert.deepEqual(await read(...chunks), expected)
      }),
    )
  }
})

test('an event without an end, and bytes that are no text, are errors', async () => {
  const endless = Buffer.alloc(9 * 1024 * 1024, 'x')
  await assert.rejects(read(endless), FeedError)
  await assert.rejects(read(Buffer.from([0x64, 0xff, 0x0a])), FeedError)
})
