import { expect, test } from 'vitest'
import { answerHosts, parseHosts } from './hosts.ts'
import { CLASS_IN, formatRecord, TYPE } from './records.ts'

const TEXT = `# comment
192.0.2.1  db.example.test db   # the first is its name
2001:db8::1 db.example.test
192.0.2.2 DB.example.test
`
const hosts = parseHosts(TEXT)

test.for<readonly [string, number, readonly string[] | undefined]>([
  ['db.example.test.', TYPE.A, ['db.example.test. 30 IN A 192.0.2.1', 'db.example.test. 30 IN A 192.0.2.2']],
  ['Db.example.test.', TYPE.AAAA, ['Db.example.test. 30 IN AAAA 2001:db8::1']],
  ['db.', TYPE.A, ['db. 30 IN A 192.0.2.1']],
  ['db.', TYPE.AAAA, []],
  ['1.2.0.192.in-addr.arpa.', TYPE.PTR, ['1.2.0.192.in-addr.arpa. 30 IN PTR db.example.test.']],
  ['1.2.0.192.in-addr.arpa.', TYPE.A, []],
  ['9.2.0.192.in-addr.arpa.', TYPE.PTR, undefined],
  ['x.1.2.0.192.in-addr.arpa.', TYPE.PTR, undefined],
  ['other.example.test.', TYPE.A, undefined],
])('%s %i', ([name, type, lines]) => {
  expect(answerHosts(hosts, { name, type, class: CLASS_IN })?.answers.map(formatRecord)).toEqual(lines)
})

test('lines that are no entries', () => {
  expect(parseHosts('192.0.2.1 a\n192.0.2.300 b\n192.0.2.2\n\n192.0.2.3 a..b').problems).toEqual([
    { line: 2, text: '192.0.2.300 b' },
    { line: 3, text: '192.0.2.2' },
    { line: 5, text: '192.0.2.3 a..b' },
  ])
})
