// What of the kit runs in a browser: pure modules of the model are loaded there too (the condition "browser" in package.json).
export * from './canonical-json.ts';
export * from './errors.ts';
