// Positions are resourceVersions: decimal integers beyond 2^53, so they are compared as BigInt. "" is before all.

export function isAfter(one, other) {
  return BigInt(one || 0) > BigInt(other || 0);
}

export function earliest(positions) {
  return positions.reduce((least, one) => (isAfter(least, one) ? one : least));
}
