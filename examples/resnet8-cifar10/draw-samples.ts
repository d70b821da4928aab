// Draws the sample pictures: simple shapes of some classes, 32×32, free of any licence of a data set.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { classes } from './classes.ts'

const sky = (top: string, bottom: string, id = 's'): string =>
  `<defs><linearGradient id="${id}" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs><rect width="64" height="64" fill="url(#${id})"/>`
const wheel = (x: number, y: number, r: number): string =>
  `<circle cx="${x}" cy="${y}" r="${r}" fill="#181818"/><circle cx="${x}" cy="${y}" r="${r * 0.45}" fill="#a8a8a8"/>`

/** Shapes on a canvas of 64×64, by the name of their file. */
const drawings: Readonly<Record<string, string>> = {
  'airplane-1': `${sky('#5f9ad6', '#cfe4f5')}<g transform="rotate(-8 32 32)"><path d="M4 33 Q10 29 20 29 L52 29 Q60 29 60 33 Q60 36 52 36 L16 36 Q7 36 4 33Z" fill="#f2f4f6"/><path d="M28 33 L40 52 L46 52 L40 33Z" fill="#b9c2cb"/><path d="M30 30 L38 19 L42 19 L39 30Z" fill="#c9d1d8"/><path d="M52 30 L60 17 L62 17 L59 31Z" fill="#3b5f9c"/></g>`,
  'airplane-2': `${sky('#7fb2e5', '#a9cdee')}<path d="M32 6 Q36 10 36 24 L60 38 L60 43 L36 36 L35 50 L43 56 L43 59 L32 56 L21 59 L21 56 L29 50 L28 36 L4 43 L4 38 L28 24 Q28 10 32 6Z" fill="#e9edf0" stroke="#8f9aa5"/>`,
  'automobile-1': `${sky('#b9c6cf', '#dfe4e6')}<rect y="40" width="64" height="24" fill="#6f7276"/><path d="M5 46 L8 34 L18 31 L26 21 L45 21 L53 32 L60 36 L60 47 L5 47Z" fill="#c51f24"/><path d="M22 31 L28 24 L35 24 L35 31Z M38 24 L44 24 L49 31 L38 31Z" fill="#26323c"/><rect x="56" y="37" width="4" height="4" fill="#f5e9b0"/>${wheel(17, 47, 7)}${wheel(48, 47, 7)}`,
  'automobile-2': `${sky('#cfd6da', '#eef0f1')}<rect y="46" width="64" height="18" fill="#8b8d8f"/><path d="M8 50 L8 32 L16 30 L21 18 L43 18 L48 30 L56 32 L56 50Z" fill="#2b4a86"/><path d="M19 30 L23 21 L41 21 L45 30Z" fill="#9fb4c8"/><rect x="10" y="34" width="9" height="6" fill="#fbf5d8"/><rect x="45" y="34" width="9" height="6" fill="#fbf5d8"/><rect x="22" y="36" width="20" height="6" fill="#1b1f26"/><rect x="10" y="48" width="9" height="9" fill="#141414"/><rect x="45" y="48" width="9" height="9" fill="#141414"/>`,
  'ship-1': `${sky('#a9c9e6', '#e3eef7')}<rect y="42" width="64" height="22" fill="#2f5f8a"/><path d="M4 38 L60 38 L54 50 L11 50Z" fill="#7a2626"/><path d="M4 36 L60 36 L60 39 L4 39Z" fill="#f4f4f4"/><rect x="34" y="20" width="14" height="16" fill="#eceff1"/><rect x="37" y="23" width="8" height="3" fill="#31475c"/><rect x="40" y="10" width="5" height="10" fill="#c8452e"/><rect x="10" y="29" width="20" height="7" fill="#b07a3a"/>`,
  'ship-2': `${sky('#f3d9b1', '#f7ecd9')}<rect y="44" width="64" height="20" fill="#3d6f86"/><path d="M31 6 L31 42 L8 42Z" fill="#fdfdfd"/><path d="M34 12 L54 42 L34 42Z" fill="#eef2f5"/><rect x="31" y="5" width="2" height="40" fill="#5a4630"/><path d="M8 45 L56 45 L49 54 L15 54Z" fill="#5b3a24"/>`,
  'truck-1': `${sky('#c7d6e3', '#e9eef2')}<rect y="46" width="64" height="18" fill="#77736c"/><rect x="3" y="15" width="38" height="32" fill="#f1f1ef"/><rect x="3" y="40" width="38" height="7" fill="#c9c9c5"/><path d="M42 25 L53 25 L60 36 L60 48 L42 48Z" fill="#d0691e"/><path d="M45 28 L52 28 L56 36 L45 36Z" fill="#26323c"/>${wheel(12, 49, 6)}${wheel(27, 49, 6)}${wheel(51, 49, 6)}`,
  'truck-2': `${sky('#9fb9a5', '#c9d6c6')}<rect y="48" width="64" height="16" fill="#8f8a7c"/><path d="M12 8 L52 8 L52 50 L12 50Z" fill="#b52a2a"/><rect x="16" y="12" width="32" height="14" fill="#22303a"/><rect x="14" y="30" width="36" height="9" fill="#3a3a3a"/><rect x="13" y="40" width="8" height="6" fill="#f6efc6"/><rect x="43" y="40" width="8" height="6" fill="#f6efc6"/><rect x="13" y="50" width="9" height="9" fill="#141414"/><rect x="42" y="50" width="9" height="9" fill="#141414"/>`,
  'frog-1': `<rect width="64" height="64" fill="#7b6a45"/><ellipse cx="32" cy="40" rx="22" ry="16" fill="#5d8f3a"/><ellipse cx="32" cy="46" rx="14" ry="8" fill="#a9b86a"/><circle cx="20" cy="24" r="7" fill="#6b9c44"/><circle cx="44" cy="24" r="7" fill="#6b9c44"/><circle cx="20" cy="23" r="3.5" fill="#1a1a10"/><circle cx="44" cy="23" r="3.5" fill="#1a1a10"/><path d="M10 44 L2 58 L18 56Z M54 44 L62 58 L46 56Z" fill="#4d7a30"/><path d="M20 36 Q32 42 44 36" stroke="#39561f" stroke-width="2" fill="none"/>`,
  'horse-1': `${sky('#a9c7e3', '#d6e4ee')}<rect y="42" width="64" height="22" fill="#6d9a4a"/><path d="M14 28 Q24 24 40 27 L47 14 L50 9 L53 13 L59 20 L57 24 L51 22 L47 36 L46 56 L42 56 L41 40 L24 41 L21 56 L17 56 L17 40 Q10 34 9 44 L6 43 Q7 30 14 28Z" fill="#6a3f22"/>`,
}

const folder = fileURLToPath(new URL('samples', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, shapes] of Object.entries(drawings)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${shapes}</svg>`
  const picture = await sharp(Buffer.from(svg)).resize(32, 32).removeAlpha().png({ compressionLevel: 9 }).toBuffer()
  writeFileSync(join(folder, `${name}.png`), picture)
}
const list = Object.keys(drawings).map((name) => `${name}.png ${classes.findIndex((each) => name.startsWith(each))}\n`)
writeFileSync(join(folder, 'list.txt'), list.join(''))
