/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/check.h"

#include "services/strategy/bots.h"
#include "services/strategy/plugins/plugins.h"

/* What nobody owns is booked under this name. */
static const char NOBODY[] = "manual";

static enum err check_name(const struct strategy_config *config, uint32_t index, text_t *why)
{
	const struct bot_config *bot = &config->bots[index];
	if (bot->name.size == 0) {
		*why = text_format(
			"strategy.yaml: bots.%u.name is missing: every bot needs a name of its own",
			index);
		return ERR_CONFIG;
	}
	if (name_is(&bot->name, NOBODY)) {
		*why = text_format("strategy.yaml: bots.%u.name: \"%s\" is kept for what no bot "
		                   "owns: choose another name",
		                   index, NOBODY);
		return ERR_CONFIG;
	}
	for (uint32_t i = 0; i < index; i++) {
		if (!name_equals(&config->bots[i].name, &bot->name))
			continue;
		*why = text_format(
			"strategy.yaml: bot %s: name is used by bots.%u too: give each bot its own",
			bot->name.text, i);
		return ERR_CONFIG;
	}
	return OK;
}

static enum err check_symbol(const struct bot_config *bot, const struct stack_config *stack,
                             text_t *why)
{
	char known[160];
	for (uint32_t i = 0; i < stack->symbols.count; i++)
		if (name_equals(&stack->symbols.items[i], &bot->symbol))
			return OK;
	config_print(&stack_config_type, stack, config_key_named(&stack_config_type, "symbols"),
	             known, sizeof known);
	*why = text_format("strategy.yaml: bot %s: symbol: \"%s\" is not among the symbols of "
	                   "stack.yaml (%s): add it there "
	                   "or choose one of them",
	                   bot->name.text, bot->symbol.text, known);
	return ERR_CONFIG;
}

static enum err check_params(const struct bot_config *bot, const struct strategy *plugin,
                             text_t *why)
{
	_Alignas(16) uint8_t params[PARAMS_MAX];
	text_t detail;
	config_defaults(plugin->params, params);
	if (config_from_pairs(plugin->params, &bot->params, params, &detail) != OK) {
		*why = text_format("strategy.yaml: bot %s: params.%s", bot->name.text, detail.text);
		return ERR_CONFIG;
	}
	const char *remedy = plugin->check != NULL ? plugin->check(params) : NULL;
	if (remedy == NULL)
		return OK;
	*why = text_format("strategy.yaml: bot %s: params.%s", bot->name.text, remedy);
	return ERR_CONFIG;
}

static enum err check_plugin(const struct bot_config *bot, text_t *why)
{
	char known[160];
	const struct strategy *plugin = plugin_named(&bot->plugin);
	if (plugin == NULL) {
		*why = text_format("strategy.yaml: bot %s: plugin: \"%s\" is none of %s",
		                   bot->name.text, bot->plugin.text,
		                   plugin_names(known, sizeof known));
		return ERR_CONFIG;
	}
	return check_params(bot, plugin, why);
}

enum err strategy_check(void *config, const struct stack_config *stack,
                        const struct service_paths *paths, text_t *why)
{
	const struct strategy_config *self = config;
	enum err err = OK;
	(void)paths;
	for (uint32_t i = 0; err == OK && i < self->bots_count; i++) {
		err = check_name(self, i, why);
		if (err == OK)
			err = check_symbol(&self->bots[i], stack, why);
		if (err == OK)
			err = check_plugin(&self->bots[i], why);
	}
	return err;
}
