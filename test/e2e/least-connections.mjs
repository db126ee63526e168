// Opens connections to `web` one after the other, ends those of one Pod, opens as many again. JSON: Pods in order.
import { connect } from 'node:net'

const open = () =>
  new Promise((resolve, reject) => {
    const socket = connect(80, 'web')
    socket.once('error', reject)
    socket.once('connect', () => socket.write('GET /hostname HTTP/1.1\r\nHost: web\r\n\r\n'))
    socket.once('data', (answer) => resolve({ socket, pod: answer.toString().split('\r\n\r\n')[1].split('\n')[0] }))
  })
const end = ({ socket }) =>
  new Promise((resolve) => {
    socket.once('close', resolve)
    socket.end()
  })

async function openAll(count) {
  const opened = []
  for (let i = 0; i < count; i++) opened.push(await open())
  return opened
}

const first = await openAll(30)
const ended = first.filter(({ pod }) => pod === first[0].pod)
await Promise.all(ended.map(end))
const second = await openAll(ended.length)
console.log(JSON.stringify([first, second].map((opened) => opened.map(({ pod }) => pod))))
process.exit(0)
