// Runs Headlamp's plugin with a stand-in of what Headlamp gives to plugins, and prints what it registers, as JSON.
'use strict';
const fs = require('fs');
const vm = require('vm');

const said = { entries: [], routes: [], classes: [], lists: [] };
const pluginLib = {
  Crd: { makeCustomResourceClass: (about) => (said.classes.push(about), about) },
  CommonComponents: { ResourceListView: 'list' },
  React: { createElement: (kind, about) => ({ kind, about }) },
  registerSidebarEntry: (entry) => said.entries.push(entry),
  registerRoute: (route) => said.routes.push(route),
};
vm.runInNewContext(fs.readFileSync(process.argv[2], 'utf8'), { window: { pluginLib } });
const items = JSON.parse(process.argv[3]);
for (const route of said.routes) {
  const { about } = route.component();
  const columns = about.columns.filter((column) => typeof column === 'object');
  const cells = items.map((jsonData) => columns.map((column) => column.getValue({ jsonData })));
  said.lists.push({ path: route.path, columns: columns.map((column) => column.label), cells });
}
console.log(JSON.stringify(said));
