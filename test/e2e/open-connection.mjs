// Keeps one connection open until new ones come to another Pod; says who answers it before and after. Argument: a URL.
import { Agent, get } from 'node:http'

const [url] = process.argv.slice(2)
const kept = new Agent({ keepAlive: true, maxSockets: 1 })

function ask(agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const port = response.socket.localPort
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ who: text.trim(), port }))
    }).on('error', reject)
  })
}

const before = await ask(kept)
process.stdout.write(`${before.who}\n`)
for (let others = 0; others < 4; ) others = (await ask(false)).who === before.who ? 0 : others + 1
const after = await ask(kept)
process.stdout.write(after.port === before.port ? `still ${after.who}\n` : `anew: ${after.who}\n`)
kept.destroy()
