// Promotion strategies and Stages of promoter-view in Headlamp's sidebar. Copy the folder promoter-view into Headlamp's
// folder of plugins (in a container: /headlamp/plugins). It needs no build: it uses what Headlamp gives to plugins.
(function () {
  'use strict';

  const { Crd, CommonComponents, React, registerRoute, registerSidebarEntry } = window.pluginLib;
  const GROUP = 'view.promoter.argoproj.io';
  const VERSION = 'v1alpha1';
  const text = (value) => (value === undefined || value === null ? '' : String(value));
  const status = (item) => (item.jsonData && item.jsonData.status) || {};
  const stage = (item) => (item.jsonData && item.jsonData.stage && item.jsonData.stage.status) || {};

  const VIEWS = [
    {
      kind: 'PromotionStrategyDetails',
      plural: 'promotionstrategydetails',
      label: 'Promotion strategies',
      columns: [
        ['Status', (item) => text(status(item).state)],
        ['Message', (item) => text(status(item).message)],
      ],
    },
    {
      kind: 'StageDetails',
      plural: 'stagedetails',
      label: 'Stages',
      columns: [
        ['Freight', (item) => text(stage(item).freightSummary)],
        ['Health', (item) => text((stage(item).health || {}).status)],
      ],
    },
  ];

  const resourceClass = (view) =>
    Crd.makeCustomResourceClass({
      apiInfo: [{ group: GROUP, version: VERSION }],
      isNamespaced: true,
      singularName: view.plural,
      pluralName: view.plural,
      kind: view.kind,
      customResourceDefinition: { getMainAPIGroup: () => [GROUP, VERSION] },
    });

  const column = ([label, getValue]) => ({ id: label.toLowerCase(), label, getValue });

  registerSidebarEntry({
    parent: null,
    name: 'promoter-view',
    label: 'Promotions',
    icon: 'mdi:source-branch-sync',
    url: `/promoter-view/${VIEWS[0].plural}`,
  });

  for (const view of VIEWS) {
    const path = `/promoter-view/${view.plural}`;
    const made = resourceClass(view);
    registerSidebarEntry({ parent: 'promoter-view', name: `promoter-view-${view.plural}`, label: view.label, url: path });
    registerRoute({
      path,
      name: `promoter-view-${view.plural}`,
      sidebar: `promoter-view-${view.plural}`,
      exact: true,
      component: () =>
        React.createElement(CommonComponents.ResourceListView, {
          title: view.label,
          resourceClass: made,
          columns: ['name', 'namespace', ...view.columns.map(column), 'age'],
        }),
    });
  }
})();
