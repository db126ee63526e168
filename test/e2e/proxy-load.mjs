// Opens connections until standard input ends, and says who answered how many, and which got no answer.
// Arguments: address, port. At most two minutes and eight at a time.
import { connect } from 'node:net'

const [address, port] = process.argv.slice(2)
const end = Date.now() + 120_000
const answers = {}
const failures = []
const stop = new AbortController()
process.stdin.resume().on('end', () => stop.abort())
process.stdout.write('ready\n')

function ask() {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: Number(port) })
    let text = ''
    socket.setTimeout(5000, () => socket.destroy(new Error('hung')))
    socket.on('data', (chunk) => (text += chunk))
    socket.on('error', (error) => failures.push(error.message))
    socket.on('close', () => {
      if (text !== '') answers[text] = (answers[text] ?? 0) + 1
      resolve()
    })
  })
}

async function work() {
  while (!stop.signal.aborted && Date.now() < end) await ask()
}

await Promise.all(Array.from({ length: 8 }, work))
process.stdout.write(`${JSON.stringify({ answers, failures })}\n`)
