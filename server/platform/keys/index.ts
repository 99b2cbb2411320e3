export { type KeyProviderSettings, openKeyProvider } from './choose.ts'
export {
  createKeys,
  type EndedKey,
  type EpochKey,
  epochDays,
  epochEnd,
  epochOf,
  type Keys,
  type Signer,
  sealedForAad,
} from './keys.ts'
export { type EpochKeyRow, type KeyStore, openKeyStore } from './keystore.ts'
export { fileKeyProvider, type KeyProvider, KeyProviderError, readRootFile, writeRootFile } from './provider.ts'
export { columnGuard, keyIdsArray, onceRewrapper } from './rewrap-sql.ts'
export type { Rewrapped, Rewrapper, WrappedRow } from './rewrapper.ts'
export {
  backgroundRate,
  createRotation,
  destroyedWithinDays,
  type Rotation,
  type RotationStatus,
  unrecoverableAt,
} from './rotation.ts'
export {
  chainAad,
  drawerAad,
  grantAad,
  keyIdOf,
  keyIdsOf,
  open,
  openingAad,
  SealBroken,
  seal,
  sealedOverhead,
} from './sealed.ts'
export { type FreshDrawer, type PurposeKey, type SealedDrawer, sealContents } from './sealing.ts'
export { combine, readShare, type Share, ShareError, shareText, split } from './shamir.ts'
