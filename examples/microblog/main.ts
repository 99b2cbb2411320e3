import { BaileeError, createBailee } from '@bailee/sdk'
import { createApp } from './app.ts'
import { openMembers } from './members.ts'
import { notice } from './notice.ts'

const { BAILEE_URL: url, BAILEE_KEY: key, MICROBLOG_DB: file = ':memory:', PORT: port = '3000' } = process.env
if (!url || !key) {
  for (const [name, value] of Object.entries({ BAILEE_URL: url, BAILEE_KEY: key })) {
    if (!value) console.error(`${name} is not set. 未设置 ${name}。`)
  }
  process.exit(1)
}
const bailee = createBailee({ url, key, notice })
try {
  await bailee.publish()
} catch (error) {
  if (!(error instanceof BaileeError)) throw error
  console.error(`The notice could not be published 无法发布告知: ${error.code}`)
  process.exit(1)
}
const app = createApp({ bailee, baileeUrl: url, members: openMembers(file) })
console.log(await app.listen({ host: '127.0.0.1', port: Number(port) }))
