/** Stands for a process that makes pictures and does not survive them, or never answers. Ends where it is told so. */

import type { PictureTask } from '../picture-renderer.ts'

process.on('disconnect', () => process.exit())
process.on('message', ({ bytes }: PictureTask) => {
  const told = bytes.toString()
  if (told === 'die') process.kill(process.pid, 'SIGSEGV')
  if (told === 'environment') process.send?.({ failure: JSON.stringify(process.env) })
})
